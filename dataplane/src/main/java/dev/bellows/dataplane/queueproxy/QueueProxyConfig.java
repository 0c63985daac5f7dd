package dev.bellows.dataplane.queueproxy;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.proxy.Timeouts;
import dev.bellows.dataplane.proxy.TlsSettings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What one pod's queue-proxy is told, by the environment of its container (data-plane spec §1.2).
 *
 * @param pod whose requests it sees
 * @param listenIp where its listeners are; the wildcard for all addresses
 * @param servingPort the data port: 8012 or 8013
 * @param tlsPort the data port within TLS, where there is a certificate: 8112
 * @param tls what is spoken there
 * @param userTarget where the user container listens
 * @param containerConcurrency requests the user container runs at once; 0 = unlimited
 * @param timeouts limits of a request
 * @param readiness what must pass for the user container to be ready; empty = always ready
 * @param observability what is logged and measured for others to read
 * @param drainQuiet how long a draining pod must see no new request before it stops
 */
public record QueueProxyConfig(
    PodIdentity pod,
    String listenIp,
    int servingPort,
    int tlsPort,
    TlsSettings tls,
    Address userTarget,
    int containerConcurrency,
    Timeouts timeouts,
    List<ReadinessProbe> readiness,
    Observability observability,
    Duration drainQuiet) {
  /** As long as the original waits (data-plane spec §3.8). */
  private static final Duration DRAIN_QUIET = Duration.ofSeconds(30);

  public QueueProxyConfig {
    readiness = List.copyOf(readiness);
  }

  /**
   * Reads the environment of a queue-proxy container. It listens on all addresses, as what reaches
   * a pod may come to any (a mesh, a port-forward), and forwards to the user port on the loopback,
   * unless {@link #listeningOn} and {@link #forwardingTo} say otherwise.
   *
   * @throws IllegalArgumentException naming the variable that is missing or wrong
   */
  public static QueueProxyConfig fromEnvironment(Map<String, String> environment) {
    Environment env = new Environment(environment);
    Address user = new Address("127.0.0.1", env.port("USER_PORT"));
    // Bodies pass both ways at once whatever it says: there is nothing to switch on.
    env.flag("ENABLE_HTTP_FULL_DUPLEX");
    for (String required : List.of("SERVING_LOGGING_CONFIG", "SERVING_LOGGING_LEVEL")) {
      env.required(required);
    }
    return new QueueProxyConfig(
        new PodIdentity(
            new RevisionId(env.nonEmpty("SERVING_NAMESPACE"), env.nonEmpty("SERVING_REVISION")),
            env.optional("SERVING_SERVICE"),
            env.required("SERVING_CONFIGURATION"),
            env.required("SERVING_POD"),
            env.required("SERVING_POD_IP")),
        new InetSocketAddress(0).getAddress().getHostAddress(),
        env.port("QUEUE_SERVING_PORT"),
        env.port("QUEUE_SERVING_TLS_PORT"),
        TlsSettings.fromEnvironment("QUEUE_PROXY_TLS_", env::optional),
        user,
        env.natural("CONTAINER_CONCURRENCY"),
        new Timeouts(
            Duration.ofSeconds(env.natural("REVISION_TIMEOUT_SECONDS")),
            Duration.ofSeconds(env.naturalOr("REVISION_RESPONSE_START_TIMEOUT_SECONDS", 0)),
            Duration.ofSeconds(env.naturalOr("REVISION_IDLE_TIMEOUT_SECONDS", 0))),
        ReadinessProbe.parse(
            env.optional("SERVING_READINESS_PROBE"),
            env.flag("ENABLE_MULTI_CONTAINER_PROBES"),
            env.flag("ENABLE_HTTP2_AUTO_DETECTION")),
        Observability.parse(env.optional("OBSERVABILITY_CONFIG")),
        DRAIN_QUIET);
  }

  /** The same, listening at another address. */
  public QueueProxyConfig listeningOn(String ip) {
    return with(ip, userTarget, readiness, drainQuiet);
  }

  /**
   * The same, with the user container at another address: there its programs get a port of their
   * own. Readiness probes that ask the user port ask there.
   */
  public QueueProxyConfig forwardingTo(Address target) {
    return with(
        listenIp,
        target,
        readiness.stream().map(probe -> probe.moved(userTarget, target)).toList(),
        drainQuiet);
  }

  /**
   * The same, with the user container reached under another address, which stands for the pod's own
   * network: its probes are asked from within, and stay as they are.
   */
  public QueueProxyConfig forwardingInto(Address target) {
    return with(listenIp, target, readiness, drainQuiet);
  }

  /** The same, with another time that a draining pod waits for silence. */
  public QueueProxyConfig drainingAfter(Duration quiet) {
    return with(listenIp, userTarget, readiness, quiet);
  }

  private QueueProxyConfig with(
      String newIp, Address newTarget, List<ReadinessProbe> newReadiness, Duration newQuiet) {
    return new QueueProxyConfig(
        pod,
        newIp,
        servingPort,
        tlsPort,
        tls,
        newTarget,
        containerConcurrency,
        timeouts,
        newReadiness,
        observability,
        newQuiet);
  }
}
