package dev.bellows.dataplane.gateway;

import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;

/**
 * Answers {@code K-Network-Probe: probe} in place of the Service (data-plane spec §3.2): who gets
 * its hash back knows that this gateway routes the host.
 */
final class ProbeAnswer implements Stage {
  private static final String PROBE_HEADER = "K-Network-Probe";
  private static final String HASH_HEADER = "K-Network-Hash";

  @Override
  public void handle(Exchange exchange) {
    if (!exchange.headers().get(PROBE_HEADER, "").equals("probe")) {
      exchange.proceed();
      return;
    }
    String hash = exchange.headers().get(HASH_HEADER, "");
    exchange.answer(
        hash.isEmpty()
            ? Answer.error(
                400, "a probe request must contain a non-empty \"" + HASH_HEADER + "\" header")
            : Answer.empty(200).with(HASH_HEADER, hash));
  }

  @Override
  public String toString() {
    return "probe answer";
  }
}
