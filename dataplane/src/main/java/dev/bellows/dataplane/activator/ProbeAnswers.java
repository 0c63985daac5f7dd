package dev.bellows.dataplane.activator;

import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;

/**
 * Answers those who ask whether this is the activator (data-plane spec §3.2, §4.1): networking
 * layers with {@code K-Network-Probe: probe}, the autoscaler with {@code activator}.
 */
final class ProbeAnswers implements Stage {
  private static final String PROBE_HEADER = "K-Network-Probe";
  private static final String HASH_HEADER = "K-Network-Hash";

  @Override
  public void handle(Exchange exchange) {
    String probe = exchange.headers().get(PROBE_HEADER, "");
    switch (probe) {
      case "" -> {
        exchange.headers().remove(HASH_HEADER);
        exchange.proceed();
      }
      case "probe" -> answerNetworkProbe(exchange);
      case "activator" -> exchange.answer(Answer.text(200, "activator"));
      default ->
          exchange.answer(
              Answer.error(400, "unexpected probe header value: \"" + escaped(probe) + '"'));
    }
  }

  private static void answerNetworkProbe(Exchange exchange) {
    String hash = exchange.headers().get(HASH_HEADER, "");
    exchange.answer(
        hash.isEmpty()
            ? Answer.error(
                400, "a probe request must contain a non-empty \"" + HASH_HEADER + "\" header")
            : Answer.empty(200).with(HASH_HEADER, hash));
  }

  /** As Go's html.EscapeString writes it. */
  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("'", "&#39;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&#34;");
  }

  @Override
  public String toString() {
    return "probe answers";
  }
}
