package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.DataDirectory;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of the Kubernetes API that a node serves to its API server, over TLS on port 10250: what
 * its programs say ({@code containerLogs}), and that it is there ({@code healthz}). Only who shows
 * a certificate of the cluster and may act on this node is answered.
 */
public final class KubeletServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KubeletServer.class);

  /** Where API servers look for a kubelet if its Node says nothing else. */
  public static final int PORT = 10250;

  /** Requests at once, followed logs among them. */
  static final int MAX_IN_FLIGHT = 500;

  private static final int BACKLOG = 64;
  private static final long CLOSE_SECONDS = 3;

  private final PodLogs logs;
  private final BiFunction<String, String, Optional<ObjectNode>> pods;
  private final Access access;
  private final Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT);
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  /** Who may ask this node. */
  @FunctionalInterface
  public interface Access {
    /**
     * Whether a user may read what this node's pods do; may block.
     *
     * @param user the common name of the client's certificate
     * @param groups its organizations
     */
    boolean allows(String user, List<String> groups);
  }

  private KubeletServer(
      PodLogs logs, BiFunction<String, String, Optional<ObjectNode>> pods, Access access) {
    this.logs = logs;
    this.pods = pods;
    this.access = access;
  }

  /**
   * Starts to serve.
   *
   * @param pods this node's pods by namespace and name
   * @param directory keeps the server's certificate
   * @param clientAuthorities who vouches for API servers; if nobody does, every request is refused
   * @throws IOException if the address is taken or the certificates cannot be made
   */
  public static KubeletServer start(
      PodLogs logs,
      BiFunction<String, String, Optional<ObjectNode>> pods,
      Access access,
      DataDirectory directory,
      Collection<X509Certificate> clientAuthorities,
      InetSocketAddress listen)
      throws IOException {
    KubeletServer server = new KubeletServer(logs, pods, access);
    String host = listen.getAddress().getHostAddress();
    Connections.Clients clients =
        clientAuthorities.isEmpty()
            ? Connections.Clients.NAMELESS
            : Connections.Clients.MAY_SHOW_CERTIFICATE;
    Connections connections =
        new Connections(
            Certificates.of(directory.path(), host, Instant.now()).tls(clientAuthorities),
            clients,
            // Whether a token is good the API server says, which is asked request by request.
            authorization -> authorization.isEmpty() ? Optional.empty() : Optional.of(User.NOBODY),
            server::handle,
            server.channels);
    try {
      Channel channel =
          new ServerBootstrap()
              .group(server.loops)
              .channel(NioServerSocketChannel.class)
              .option(ChannelOption.SO_BACKLOG, BACKLOG)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childHandler(connections)
              .bind(listen)
              .syncUninterruptibly()
              .channel();
      server.channels.add(channel);
      return server;
    } catch (Exception e) {
      // Netty throws the bind's own checked exception without declaring it.
      server.close();
      throw new IOException(
          "cannot listen on " + host + ":" + listen.getPort() + ": " + e.getMessage(), e);
    }
  }

  private void handle(ApiRequest request) {
    if (!inFlight.tryAcquire()) {
      refuse(request, 429, "Too many requests, please try again later.");
      return;
    }
    try {
      answer(request);
    } catch (ApiException e) {
      refuse(request, e.code(), e.getMessage());
    } catch (RuntimeException e) {
      log.error("{} {}", request.method(), request.path(), e);
      refuse(request, 500, "the kubelet failed; its log says how");
    } finally {
      inFlight.release();
    }
  }

  // As text: what is not 2xx, the API server passes on as it is.
  private static void refuse(ApiRequest request, int code, String message) {
    request
        .answer()
        .send(code, "text/plain; charset=utf-8", message.getBytes(StandardCharsets.UTF_8));
  }

  private void answer(ApiRequest request) {
    User user = request.user();
    if (!user.isAuthenticated()) {
      throw ApiException.of(401, "Unauthorized", "Unauthorized");
    }
    if (!access.allows(user.name(), user.groups())) {
      refuse(
          request,
          403,
          "Forbidden (user=" + user.name() + ", verb=get, resource=nodes, subresource=proxy)");
      return;
    }
    List<String> steps = List.of(request.path().substring(1).split("/", -1));
    if (!request.method().equals("GET")) {
      throw ApiException.methodNotAllowed();
    }
    if (steps.equals(List.of("healthz"))) {
      request.answer().send(200, "text/plain", "ok".getBytes(StandardCharsets.UTF_8));
    } else if (steps.size() == 4 && steps.getFirst().equals("containerLogs")) {
      String name = steps.get(2);
      ObjectNode pod =
          pods.apply(steps.get(1), name)
              .orElseThrow(() -> ApiException.notFound(ResourceTypes.PODS, name));
      LogRequests.send(logs, pod, steps.get(3), request);
    } else {
      throw ApiException.noSuchResource();
    }
  }

  /** Ends every connection and stops to listen. */
  @Override
  public void close() {
    channels.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    loops
        .shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
