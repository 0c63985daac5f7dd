package dev.bellows.dataplane.queueproxy;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The queue-proxies of all pods of a node in one process; pods come and go at run time. */
public final class SharedQueueProxy {
  private static final Logger LOG = LoggerFactory.getLogger(SharedQueueProxy.class);

  private final ProxyEngine engine;
  private final Prober prober;
  private final LongSupplier nanoClock;
  private final BiConsumer<RevisionId, Address> whenReady;

  /**
   * A node without pods.
   *
   * @param engine shared with the other roles of this process
   * @param prober for the readiness of user containers
   * @param nanoClock monotonic nanoseconds, the same as the engine's
   * @param whenReady told once, on an event loop, of each pod whose user containers have become
   *     ready, and where it serves: whoever holds requests for it then need not ask
   */
  public SharedQueueProxy(
      ProxyEngine engine,
      Prober prober,
      LongSupplier nanoClock,
      BiConsumer<RevisionId, Address> whenReady) {
    this.engine = engine;
    this.prober = prober;
    this.nanoClock = nanoClock;
    this.whenReady = whenReady;
  }

  /**
   * The same as {@link #attach(QueueProxyConfig, Consumer, Optional)}, for a pod whose request log
   * nobody keeps.
   */
  public QueueProxyHandle attach(QueueProxyConfig config) throws IOException {
    return attach(config, _ -> {}, Optional.empty());
  }

  /**
   * Opens the listeners of a pod: requests, metrics and administration, on their standard ports or,
   * where one is taken, on a free one. It serves when this returns, and has begun to ask whether
   * its user containers are ready.
   *
   * @param certificates the directory with the pod's certificate, if it has one: then it serves by
   *     TLS as well, at the standard port and no other, since clients look for it there
   * @param requestLines takes the lines of the pod's request log, if it has one, each with its line
   *     feed; must not block
   * @throws IOException if the pod's address cannot be listened on
   */
  public QueueProxyHandle attach(
      QueueProxyConfig config, Consumer<String> requestLines, Optional<Path> certificates)
      throws IOException {
    QueueProxyHandle handle =
        new QueueProxyHandle(
            config,
            this::listen,
            engine.loops().next(),
            prober.in(engine.sockets(config.listenIp())),
            nanoClock,
            whenReady,
            requestLines);
    try {
      if (certificates.isPresent()) {
        handle.openTls(engine, certificates.get(), LOG);
      }
      return handle;
    } catch (IOException e) {
      handle.close();
      throw e;
    }
  }

  /** A taken port is replaced by a free one: the endpoints say which (addresses travel whole). */
  private Listener listen(String ip, int port, List<Stage> chain) throws IOException {
    try {
      return engine.listen(ip, port, chain);
    } catch (IOException taken) {
      return engine.listen(ip, 0, chain);
    }
  }
}
