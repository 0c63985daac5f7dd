package dev.bellows.dataplane.activator;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.activator.PodHealth.Finding;
import dev.bellows.dataplane.probe.Probe;
import dev.bellows.dataplane.probe.ProbeResult;
import dev.bellows.dataplane.probe.Prober;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Asks a queue-proxy in plain HTTP/1.1, whatever the Revision speaks (data-plane spec §4.6). A
 * queue-proxy may hold the answer until its pod is ready, so a question is worth keeping open to
 * its limit.
 */
final class QueueProbe implements PodProbe {
  /** {@code PROBE_TIMEOUT}, from dialling to the whole answer. */
  static final Duration LIMIT = Duration.ofMillis(300);

  private static final String EXPECTED = "queue";
  private static final List<Map.Entry<String, String>> HEADERS =
      List.of(
          Map.entry("User-Agent", "Knative-Activator-Probe"),
          Map.entry("K-Network-Probe", EXPECTED));

  private final Prober prober;

  QueueProbe(Prober prober) {
    this.prober = prober;
  }

  @Override
  public void probe(Address pod, Optional<String> mesh, Consumer<Finding> then) {
    List<Map.Entry<String, String>> headers = new ArrayList<>(HEADERS);
    mesh.ifPresent(host -> {
      headers.add(Map.entry("Host", host));
      headers.add(Map.entry(Addressing.PASSTHROUGH, "true"));
    });
    var _ =
        prober
            .ask(new Probe.HttpGet(pod, false, "/healthz", headers), LIMIT)
            .thenAccept(result -> then.accept(finding(result)));
  }

  private static Finding finding(ProbeResult result) {
    return switch (result) {
      case ProbeResult.Answered(int status, String body) -> {
        if (status == 200 && body.equals(EXPECTED)) {
          yield Finding.READY;
        }
        yield status == 502 || status == 503 ? Finding.SILENT : Finding.NOT_READY;
      }
      case ProbeResult.Connected(), ProbeResult.Serving() -> Finding.NOT_READY;
      case ProbeResult.Failed _ -> Finding.SILENT;
    };
  }
}
