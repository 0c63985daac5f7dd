package dev.bellows.dataplane.proxy;

import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Ends exchanges that take too long: 504 while nothing of a response has been sent; a response that
 * has started is cut, so that nobody takes a part for the whole (ADR 0026).
 */
public final class TimeoutStage implements Stage {
  private final Function<Exchange, Timeouts> timeouts;
  private final String message;

  /**
   * Times each exchange.
   *
   * @param timeouts what applies to an exchange
   * @param message the text of the 504, such as {@code request timeout}
   */
  public TimeoutStage(Function<Exchange, Timeouts> timeouts, String message) {
    this.timeouts = timeouts;
    this.message = message;
  }

  @Override
  public void handle(Exchange exchange) {
    Timeouts limits = timeouts.apply(exchange);
    Watch watch = new Watch(exchange, limits);
    exchange.onEnd(watch);
    exchange.deadlines().add(limits.firstNanos(), watch);
    exchange.proceed();
  }

  /** Looks at one exchange when its first limit is due, and later as often as it must. */
  private final class Watch extends Deadlines.Entry implements EndListener {
    private final Exchange exchange;
    private final Timeouts limits;
    private @Nullable Future<?> nextLook;

    Watch(Exchange exchange, Timeouts limits) {
      this.exchange = exchange;
      this.limits = limits;
    }

    @Override
    void due() {
      long remaining = limits.remainingNanos(exchange, exchange.nowNanos());
      if (remaining > 0) {
        nextLook = exchange.loop().schedule(this::due, remaining, TimeUnit.NANOSECONDS);
      } else {
        exchange.answer(Answer.text(504, message));
      }
    }

    @Override
    public void onEnd(Exchange ended, End end) {
      unlink();
      Future<?> look = nextLook;
      if (look != null) {
        look.cancel(false);
      }
    }
  }
}
