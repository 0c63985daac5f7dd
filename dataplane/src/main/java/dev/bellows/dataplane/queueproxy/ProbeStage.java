package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** Answers probes, whatever their path, and says no to them while the pod drains (§3.2). */
final class ProbeStage implements Stage {
  private final Drain drain;
  private final Readiness readiness;

  ProbeStage(Drain drain, Readiness readiness) {
    this.drain = drain;
    this.readiness = readiness;
  }

  @Override
  public void handle(Exchange exchange) {
    HttpHeaders headers = exchange.headers();
    String probe = RequestHeaders.networkProbe(headers);
    if (RequestHeaders.healthCheck(headers)) {
      answerHealth(exchange, probe);
    } else if (RequestHeaders.PROBE.equals(probe)) {
      answerProbe(exchange, headers.get(RequestHeaders.NETWORK_HASH));
    } else {
      drain.onRequest(exchange.startNanos());
      exchange.proceed();
    }
  }

  private void answerHealth(Exchange exchange, @Nullable String probe) {
    if (drain.inProgress()) {
      exchange.answer(Answer.error(503, "shutting down"));
    } else if (!RequestHeaders.QUEUE.equals(probe)) {
      exchange.answer(
          Answer.error(400, "unexpected probe header value: " + (probe == null ? "" : probe)));
    } else {
      readiness
          .check()
          .thenAccept(ready -> exchange.loop().execute(() -> answerReadiness(exchange, ready)));
    }
  }

  private static void answerReadiness(Exchange exchange, boolean ready) {
    // 503 and nothing else: an activator takes it for "perhaps a mesh" and asks again.
    exchange.answer(ready ? Answer.text(200, RequestHeaders.QUEUE) : Answer.empty(503));
  }

  private void answerProbe(Exchange exchange, @Nullable String hash) {
    if (drain.inProgress()) {
      exchange.answer(Answer.error(503, "shutting down"));
    } else if (hash == null || hash.isEmpty()) {
      exchange.answer(
          Answer.error(400, "a probe request must contain a non-empty \"K-Network-Hash\" header"));
    } else {
      exchange.answer(Answer.empty(200).with("K-Network-Hash", hash));
    }
  }
}
