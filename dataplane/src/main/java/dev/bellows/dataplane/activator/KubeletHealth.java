package dev.bellows.dataplane.activator;

import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.function.BooleanSupplier;

/**
 * Answers the kubelet (data-plane spec §4.8): healthy while statistics get through and it stays.
 */
final class KubeletHealth implements Stage {
  private static final String USER_AGENT_PREFIX = "kube-probe/";
  private static final String PROBE_HEADER = "K-Kubelet-Probe";

  private final BooleanSupplier autoscalerReachable;
  private volatile boolean leaving;

  KubeletHealth(BooleanSupplier autoscalerReachable) {
    this.autoscalerReachable = autoscalerReachable;
  }

  /** From now on it is not healthy, so that nobody sends new requests. */
  void leave() {
    leaving = true;
  }

  @Override
  public void handle(Exchange exchange) {
    if (!isProbe(exchange)) {
      exchange.proceed();
    } else if (leaving) {
      exchange.answer(Answer.error(500, "received SIGTERM from kubelet"));
    } else if (!autoscalerReachable.getAsBoolean()) {
      exchange.answer(Answer.error(500, "connection has not yet been established"));
    } else {
      exchange.answer(Answer.empty(200));
    }
  }

  private static boolean isProbe(Exchange exchange) {
    return exchange.headers().contains(PROBE_HEADER)
        || exchange.headers().get(HttpHeaderNames.USER_AGENT, "").startsWith(USER_AGENT_PREFIX);
  }

  @Override
  public String toString() {
    return "kubelet health";
  }
}
