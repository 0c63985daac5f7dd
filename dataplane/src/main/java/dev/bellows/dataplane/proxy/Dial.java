package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import io.netty.channel.Channel;
import io.netty.channel.ConnectTimeoutException;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One attempt after another to reach a target (data-plane spec §1.1): a pod that has only just got
 * its address may drop the first packets, so a timeout is tried again; any other error says
 * something about the pod and stands. Who waits for the connection is told how it went, in order of
 * arrival: one exchange for a connection of HTTP/1.1, several for one of HTTP/2.
 */
final class Dial {
  private static final int MAX_RETRIES = 15;
  private static final int FIRST_TIMEOUT_MILLIS = 50;
  private static final double TIMEOUT_GROWTH = 1.4;
  private static final double TIMEOUT_JITTER = 0.1;
  private static final int MIN_PAUSE_MILLIS = 30;
  private static final int MAX_PAUSE_MILLIS = 60;

  private final UpstreamPool pool;
  private final Address target;
  private final ArrayDeque<Exchange> waiting = new ArrayDeque<>(2);
  private @Nullable Future<?> nextTry;
  private int retries;

  Dial(UpstreamPool pool, Address target) {
    this.pool = pool;
    this.target = target;
  }

  /** Where it leads to. */
  Address target() {
    return target;
  }

  /** How many wait for it. */
  int waiting() {
    return waiting.size();
  }

  /** Lets another exchange wait for the connection. */
  void add(Exchange exchange) {
    waiting.add(exchange);
    exchange.onDialing(this);
  }

  /**
   * The exchange has gone. When nobody waits any more, no other attempt is made; a connection that
   * still comes about is kept for the next one.
   */
  void cancel(Exchange exchange) {
    waiting.remove(exchange);
    Future<?> planned = nextTry;
    if (waiting.isEmpty() && planned != null) {
      planned.cancel(false);
      pool.onDialEnd(this);
    }
  }

  /** Who comes next, or null if nobody waits any more. */
  @Nullable Exchange next() {
    return waiting.poll();
  }

  void start() {
    pool.connect(target, timeoutMillis()).addListener(this::onDone);
  }

  private void onDone(Future<? super Channel> done) {
    nextTry = null;
    if (done.isSuccess()) {
      pool.onDialEnd(this);
      pool.onConnected(this, (Channel) done.getNow());
      return;
    }
    Exchange first = waiting.peek();
    if (first != null && done.cause() instanceof ConnectTimeoutException && retries < MAX_RETRIES) {
      retries++;
      long pause = ThreadLocalRandom.current().nextLong(MIN_PAUSE_MILLIS, MAX_PAUSE_MILLIS + 1);
      nextTry = first.loop().schedule(this::start, pause, TimeUnit.MILLISECONDS);
      return;
    }
    pool.onDialEnd(this);
    ForwardFailure failure =
        new ForwardFailure(
            target, ForwardFailure.Reason.NOT_CONNECTED, GoErrors.dial(target, done.cause()));
    for (Exchange exchange = next(); exchange != null; exchange = next()) {
      exchange.onForwardFailure(failure);
    }
  }

  private int timeoutMillis() {
    double timeout = FIRST_TIMEOUT_MILLIS * Math.pow(TIMEOUT_GROWTH, retries);
    double jitter = retries == 0 ? 0 : ThreadLocalRandom.current().nextDouble(TIMEOUT_JITTER);
    return (int) Math.round(timeout * (1 + jitter));
  }
}
