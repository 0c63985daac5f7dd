package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens listeners and forwards what comes in by them. All roles of a JVM share one engine, so that
 * they share its event loops and find each other inside the JVM.
 */
public final class ProxyEngine implements AutoCloseable {
  static final String LOOPBACK = "127.0.0.1";

  private final EventLoopGroup loops;
  private final Map<EventExecutor, LoopState> states = new HashMap<>();
  private final Map<Address, Listener> listeners = new ConcurrentHashMap<>();

  /** Those of TLS, which are found from outside alone. */
  private final Set<Listener> secureListeners = ConcurrentHashMap.newKeySet();

  /** By the address that stands for it. */
  private final Map<String, Sockets> networks = new ConcurrentHashMap<>();

  /**
   * An engine on event loops that it does not own.
   *
   * @param loops made by {@link EventLoops#create}
   * @param nanoClock monotonic nanoseconds, such as {@code System::nanoTime}
   */
  public ProxyEngine(EventLoopGroup loops, LongSupplier nanoClock) {
    this(loops, nanoClock, Limits.UNREAD_ANSWERS_BYTES);
  }

  /**
   * @param unreadAnswersBytes of the responses of all clients, how much may be unsent
   */
  ProxyEngine(EventLoopGroup loops, LongSupplier nanoClock, long unreadAnswersBytes) {
    this.loops = loops;
    List<EventLoop> all = new ArrayList<>();
    loops.forEach(loop -> all.add((EventLoop) loop));
    for (EventLoop loop : all) {
      UnreadAnswers unread = new UnreadAnswers(unreadAnswersBytes / all.size());
      states.put(loop, new LoopState(this, loop, states.size(), unread, nanoClock));
    }
  }

  /**
   * Listens at an address, for sockets and for the other roles of this JVM alike.
   *
   * @param ip where, an IP literal
   * @param port which port; 0 = any free one, which {@link Listener#address()} then tells
   * @param chain the role's stages, in travelling order; the last one forwards or answers
   * @throws BindException if the address cannot be had; its message names it
   */
  public Listener listen(String ip, int port, List<Stage> chain) throws IOException {
    Listener listener = bind(ip, port, chain);
    listener.accept();
    return listener;
  }

  /**
   * As {@link #listen}, but takes no connection before {@link Listener#accept}: those who connect
   * wait in the kernel's line, and are not refused.
   */
  public Listener bind(String ip, int port, List<Stage> chain) throws IOException {
    Listener listener = open(ip, port, chain, null);
    listeners.put(listener.address(), listener);
    return listener;
  }

  /**
   * Listens at an address for clients that speak TLS, and in it HTTP/1.1 or HTTP/2, as they agree
   * by ALPN or just begin (data-plane spec §1.1). The other roles of this JVM do not find it.
   *
   * @param tls what it shows them; may be replaced while it listens
   * @throws BindException if the address cannot be had; its message names it
   */
  public Listener listenTls(String ip, int port, List<Stage> chain, ServerTls tls)
      throws IOException {
    Listener listener = bindTls(ip, port, chain, tls);
    listener.accept();
    return listener;
  }

  /** As {@link #listenTls}, but takes no connection before {@link Listener#accept}. */
  public Listener bindTls(String ip, int port, List<Stage> chain, ServerTls tls)
      throws IOException {
    Listener listener = open(ip, port, chain, tls);
    secureListeners.add(listener);
    return listener;
  }

  private Listener open(String ip, int port, List<Stage> chain, @Nullable ServerTls tls)
      throws IOException {
    List<Listener> opened = new ArrayList<>(1);
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops.next(), loops)
            .channelFactory(EventLoops.servers(sockets(ip)))
            .option(ChannelOption.SO_BACKLOG, Limits.ACCEPT_BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, LoopState.WATER_MARK)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (tls != null) {
                      channel.pipeline().addLast(tls.handler(channel.alloc()));
                    }
                    initConnection(opened.getFirst(), channel);
                  }
                })
            // Accepting starts when the listener is complete.
            .option(ChannelOption.AUTO_READ, false)
            .bind(new InetSocketAddress(ip, port))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      // Netty's native transports say it with an exception of their own.
      BindException refused =
          new BindException(
              "cannot listen on " + ip + ":" + port + ": " + bound.cause().getMessage());
      refused.initCause(bound.cause());
      throw refused;
    }
    int actualPort = ((InetSocketAddress) bound.channel().localAddress()).getPort();
    Listener listener = new Listener(this, new Address(ip, actualPort), chain, states.size());
    listener.opened(bound.channel());
    opened.add(listener);
    return listener;
  }

  /**
   * Lets an address stand for a network of its own, until {@link #leave}: whoever listens at it
   * listens there, and who dials it, at whatever port, is led to that network's loopback. So a
   * program is reached that binds no more than 127.0.0.1, and many can have the same port.
   *
   * @param ip an IP literal that leads there from here as well
   */
  public void enter(String ip, Sockets network) {
    networks.put(ip, network);
  }

  /** The address stands for nothing but itself again; what is open stays open. */
  public void leave(String ip) {
    networks.remove(ip);
  }

  /** How sockets are opened for an address. */
  public Sockets sockets(String ip) {
    return networks.getOrDefault(ip, Sockets.HERE);
  }

  private void initConnection(Listener listener, Channel channel) {
    LoopState state = state(channel.eventLoop());
    ChannelPipeline pipeline = channel.pipeline();
    channel.config().setRecvByteBufAllocator(new FrugalReads(state.memory()));
    RequestDecoder decoder = new RequestDecoder(state.memory());
    ResponseEncoder encoder = new ResponseEncoder();
    pipeline.addLast(decoder, encoder);
    pipeline.addLast(new ServerConnection(listener, state, channel, decoder, encoder));
    listener.accepted(channel);
  }

  /** The listener of this engine at an address, or null if there is none. */
  @Nullable Listener listener(Address target) {
    return listeners.get(target);
  }

  /** What each event loop keeps. */
  Collection<LoopState> states() {
    return states.values();
  }

  private LoopState state(EventLoop loop) {
    LoopState state = states.get(loop);
    if (state == null) {
      throw new IllegalStateException(loop + " is not a loop of this engine");
    }
    return state;
  }

  void forget(Listener listener) {
    listeners.remove(listener.address(), listener);
    secureListeners.remove(listener);
  }

  /** The event loops it runs on. */
  public EventLoopGroup loops() {
    return loops;
  }

  /** Closes the idle connections to a target that is no more, on every loop. */
  public void forget(Address target) {
    for (LoopState state : states.values()) {
      state.loop().execute(() -> state.forget(target));
    }
  }

  /** Closes all listeners and upstream connections at once; the event loops go on. */
  @Override
  public void close() {
    List.copyOf(listeners.values()).forEach(Listener::close);
    List.copyOf(secureListeners).forEach(Listener::close);
    for (LoopState state : states.values()) {
      state.loop().submit(state::close).awaitUninterruptibly();
    }
  }
}
