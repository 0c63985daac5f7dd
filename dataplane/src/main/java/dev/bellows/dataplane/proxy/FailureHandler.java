package dev.bellows.dataplane.proxy;

/** Decides what becomes of a request that could not be forwarded. */
@FunctionalInterface
public interface FailureHandler {
  /** What the original does: 502 with the failure as text (data-plane spec §3.5). */
  FailureHandler BAD_GATEWAY =
      (exchange, failure) -> exchange.answer(Answer.error(502, failure.message()));

  /**
   * Answers or cuts the exchange, or, if the failure is {@link ForwardFailure#unsent() unsent},
   * forwards it to another target.
   */
  void onFailure(Exchange exchange, ForwardFailure failure);
}
