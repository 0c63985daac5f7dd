package dev.bellows.embedded.kubelet;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.queueproxy.QueueProxyConfig;
import dev.bellows.dataplane.queueproxy.QueueProxyHandle;
import dev.bellows.dataplane.queueproxy.SharedQueueProxy;
import dev.bellows.dataplane.requestlog.LogLines;
import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExecResult;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.Stdio;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The queue-proxies of a node's pods as parts of the one that this process shares among them. */
public final class SharedQueueProxies implements QueueProxies {
  private static final Logger LOG = LoggerFactory.getLogger(SharedQueueProxies.class);

  /** Names the containers that are queue-proxies, as every Revision's pods have one. */
  private static final String CONTAINER_NAME = "queue-proxy";

  /**
   * How long a pod that is told to end must see no new request. Upstream waits 30 s, for ingresses
   * that learn late that it is going; gateway and activator of this process have learnt it before
   * the pod does (ADR 0005). In a cluster it is as upstream.
   */
  private static final Duration DRAIN_QUIET = Duration.ofSeconds(1);

  private static final int METRICS_PORT = 9090;
  private static final int ADMIN_PORT = 8022;

  private final SharedQueueProxy shared;
  private final InstantSource clock;
  private final Clients clients;

  /** Where those are who send requests to this node's pods. */
  public enum Clients {
    /** In this process, or reading Endpoints that our own controller writes. */
    HERE,
    /**
     * Anywhere in a cluster: they learn late that a pod goes, and look for it at the ports that its
     * definition names, wherever it would like to listen.
     */
    IN_A_CLUSTER
  }

  /**
   * The node's queue-proxies.
   *
   * @param shared opens and serves them
   * @param clock stamps when one was started
   */
  public SharedQueueProxies(SharedQueueProxy shared, InstantSource clock, Clients clients) {
    this.shared = shared;
    this.clock = clock;
    this.clients = clients;
  }

  @Override
  public boolean runs(String containerName, String image) {
    return containerName.equals(CONTAINER_NAME);
  }

  @Override
  public Running start(
      ContainerId id,
      Map<String, String> environment,
      String podIp,
      Address user,
      Path log,
      Optional<Path> certificates)
      throws ContainerStartException {
    try {
      QueueProxyConfig config = QueueProxyConfig.fromEnvironment(environment).listeningOn(podIp);
      config = user.ip().equals(podIp) ? config.forwardingInto(user) : config.forwardingTo(user);
      if (clients == Clients.HERE) {
        config = config.drainingAfter(DRAIN_QUIET);
      }
      RequestLogFile requests = new RequestLogFile(log, clock.withZone(ZoneOffset.UTC));
      QueueProxyHandle handle = shared.attach(config, new LogLines(requests), certificates);
      SharedContainer started = new SharedContainer(id, handle, requests, clock.instant());
      if (clients == Clients.IN_A_CLUSTER) {
        refuseMovedPorts(started, podIp);
      }
      return started;
    } catch (IllegalArgumentException e) {
      throw new ContainerStartException("queue-proxy: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new ContainerStartException(
          "queue-proxy: cannot listen on " + podIp + ": " + e.getMessage(), e);
    }
  }

  private static void refuseMovedPorts(SharedContainer started, String podIp)
      throws ContainerStartException {
    for (Map.Entry<Integer, Integer> port : started.ports().entrySet()) {
      if (!port.getKey().equals(port.getValue())) {
        started.kill();
        throw new ContainerStartException(
            "queue-proxy: somebody else listens on port " + port.getKey() + " at " + podIp);
      }
    }
  }

  private record SharedContainer(
      ContainerId id,
      QueueProxyHandle handle,
      RequestLogFile requests,
      Instant startedAt,
      CompletableFuture<ExitStatus> exit)
      implements Running {
    SharedContainer(
        ContainerId id, QueueProxyHandle handle, RequestLogFile requests, Instant startedAt) {
      this(id, handle, requests, startedAt, new CompletableFuture<>());
    }

    /** It has no process of its own. */
    @Override
    public OptionalLong pid() {
      return OptionalLong.empty();
    }

    @Override
    public String runtimeId() {
      return "shared://" + id;
    }

    @Override
    public Map<Integer, Integer> ports() {
      return Map.of(
          handle.config().servingPort(),
          handle.serving().port(),
          METRICS_PORT,
          handle.metrics().port(),
          ADMIN_PORT,
          handle.admin().port());
    }

    @Override
    public void terminate() {
      // Not on the event loop that ends the drain: closing listeners waits for it.
      handle
          .drain()
          .whenCompleteAsync(
              (_, _) -> end(0), task -> Thread.ofVirtual().name("drained-" + id).start(task));
    }

    @Override
    public void kill() {
      end(137); // 128 + SIGKILL, as a process would have ended
    }

    private void end(int code) {
      handle.close();
      try {
        requests.close();
      } catch (IOException e) {
        LOG.warn("{}: the request log may lack its end: {}", id, e.getMessage());
      }
      exit.complete(new ExitStatus(code));
    }

    @Override
    public ExecResult exec(List<String> command, Duration limit) throws ContainerStartException {
      throw noProgram();
    }

    @Override
    public Attachment exec(List<String> command, Stdio stdio) throws ContainerStartException {
      throw noProgram();
    }

    @Override
    public Attachment attach() throws ContainerStartException {
      throw noProgram();
    }

    private static ContainerStartException noProgram() {
      return new ContainerStartException(
          "a queue-proxy is part of Bellows here: there is nothing to run a command in");
    }
  }
}
