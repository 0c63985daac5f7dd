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
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/**
 * The registry for clients outside this process: HTTP/1.1 and HTTP/2 over TLS, bearer tokens, the
 * paths and media types of a Kubernetes API server.
 */
public final class ApiServer implements AutoCloseable {
  private static final int BACKLOG = 256;
  private static final long CLOSE_SECONDS = 3;

  private final EventLoopGroup loops;
  private final ChannelGroup channels;
  private final Certificates certificates;
  private final Tokens tokens;
  private final Authentication authentication;
  private final ServiceAccountTokens accounts;
  private final InProcessApi inProcess;
  private final Path kubeconfig;
  private final String url;
  private final int port;

  /** Who may speak to the API; each has a token of its own. */
  public enum Role {
    /** The owner of the data directory: the token in the kubeconfig. */
    ADMIN,
    /** The reconcilers and the autoscaler. */
    CONTROL_PLANE,
    /** The kubelet. */
    NODE;

    /** The name that admission sees. */
    public String user() {
      return "system:bellows:" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private ApiServer(
      EventLoopGroup loops,
      ChannelGroup channels,
      Certificates certificates,
      Tokens tokens,
      ServiceAccountTokens accounts,
      Authentication authentication,
      InProcessApi inProcess,
      Path kubeconfig,
      String url,
      int port) {
    this.loops = loops;
    this.channels = channels;
    this.certificates = certificates;
    this.tokens = tokens;
    this.authentication = authentication;
    this.accounts = accounts;
    this.inProcess = inProcess;
    this.kubeconfig = kubeconfig;
    this.url = url;
    this.port = port;
  }

  /**
   * Starts to serve, and writes {@code kubeconfig} into the data directory.
   *
   * @param node asked for what programs say and do
   * @param listen where; port 0 takes a free one
   * @throws IOException if the address is taken or the certificates cannot be made
   */
  public static ApiServer start(
      Registry registry, NodeAccess node, DataDirectory directory, InetSocketAddress listen)
      throws IOException {
    String host = listen.getAddress().getHostAddress();
    Certificates certificates = Certificates.of(directory.path(), host, Instant.now());
    Tokens tokens = Tokens.of(directory.path());
    SSLContext tls = certificates.tls();
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    // One that stays closed: a connection that is accepted while we close is closed, too.
    ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    ServiceAccountTokens accounts =
        ServiceAccountTokens.of(directory.path(), registry.store(), InstantSource.system());
    Authentication authentication = new Authentication(tokens, accounts);
    Router router = new Router(registry, node, authentication, accounts);
    Channel server;
    try {
      server =
          new ServerBootstrap()
              .group(loops)
              .channel(NioServerSocketChannel.class)
              .option(ChannelOption.SO_BACKLOG, BACKLOG)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childHandler(
                  new Connections(
                      tls,
                      Connections.Clients.NAMELESS,
                      authentication::bearer,
                      router::handle,
                      channels))
              .bind(listen)
              .syncUninterruptibly()
              .channel();
    } catch (RuntimeException e) {
      loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
      throw e;
    } catch (Exception e) {
      // Netty throws the bind's own checked exception without declaring it.
      loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
      throw new IOException(
          "cannot listen on " + host + ":" + listen.getPort() + ": " + e.getMessage(), e);
    }
    channels.add(server);
    int port = ((InetSocketAddress) server.localAddress()).getPort();
    String url = "https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    Path kubeconfig = directory.path().resolve("kubeconfig");
    KubeConfig.write(
        kubeconfig, url, certificates.authorityPem(), "bellows-admin", tokens.of(Role.ADMIN));
    return new ApiServer(
        loops,
        channels,
        certificates,
        tokens,
        accounts,
        authentication,
        new InProcessApi(router::handle),
        kubeconfig,
        url,
        port);
  }

  /** The port that it listens on. */
  public int port() {
    return port;
  }

  /** {@code https://ip:port}. */
  public String url() {
    return url;
  }

  /** The certificate that a client must trust, in PEM. */
  public String caPem() {
    return certificates.authorityPem();
  }

  /** The way to the API for callers in this process. */
  public InProcessApi inProcess() {
    return inProcess;
  }

  /** The bearer token of a role. */
  public String token(Role role) {
    return tokens.of(role);
  }

  /** Says whose a token is. */
  Authentication authentication() {
    return authentication;
  }

  /**
   * Answers a {@code TokenRequest} for a ServiceAccount, for a part of ours.
   *
   * @throws ApiException if the account is not there, or what is asked for is not allowed
   */
  public ObjectNode issueToken(String namespace, String account, ObjectNode request) {
    return accounts.issue(namespace, account, request);
  }

  /** The file for kubectl, with the admin's token. */
  public Path kubeconfig() {
    return kubeconfig;
  }

  /**
   * Writes a file that points kubectl here with another token than the owner's.
   *
   * @param file written whole or not at all, readable by its owner only
   * @param user whose token it is, for those who read the file
   */
  public void writeKubeconfig(Path file, String user, String token) throws IOException {
    KubeConfig.write(file, url, certificates.authorityPem(), user, token);
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
