package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import io.netty.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One attempt after another to reach a target for one exchange (data-plane spec §1.1): a pod that
 * has only just got its address may drop the first packets, so a timeout is tried again; any other
 * error says something about the pod and stands.
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
  private @Nullable Exchange exchange;
  private @Nullable Future<?> nextTry;
  private int retries;

  Dial(UpstreamPool pool, Address target, Exchange exchange) {
    this.pool = pool;
    this.target = target;
    this.exchange = exchange;
  }

  /** The exchange has gone; a connection that still comes about is kept for the next one. */
  void cancel() {
    exchange = null;
    Future<?> planned = nextTry;
    if (planned != null) {
      planned.cancel(false);
    }
  }

  void start() {
    pool.connect(target, timeoutMillis()).addListener(done -> onDone((ChannelFuture) done));
  }

  private void onDone(ChannelFuture done) {
    Exchange waiting = exchange;
    if (done.isSuccess()) {
      Channel channel = done.channel();
      UpstreamConnection connection = channel.pipeline().get(UpstreamConnection.class);
      if (waiting != null) {
        waiting.onConnected(connection);
      } else {
        pool.release(connection);
      }
    } else if (waiting != null) {
      onFailure(waiting, done.cause());
    }
  }

  private void onFailure(Exchange waiting, Throwable cause) {
    if (cause instanceof ConnectTimeoutException && retries < MAX_RETRIES) {
      retries++;
      long pause = ThreadLocalRandom.current().nextLong(MIN_PAUSE_MILLIS, MAX_PAUSE_MILLIS + 1);
      nextTry = waiting.loop().schedule(this::start, pause, TimeUnit.MILLISECONDS);
      return;
    }
    waiting.onForwardFailure(
        new ForwardFailure(
            target, ForwardFailure.Reason.NOT_CONNECTED, GoErrors.dial(target, cause)));
  }

  private int timeoutMillis() {
    double timeout = FIRST_TIMEOUT_MILLIS * Math.pow(TIMEOUT_GROWTH, retries);
    double jitter = retries == 0 ? 0 : ThreadLocalRandom.current().nextDouble(TIMEOUT_JITTER);
    return (int) Math.round(timeout * (1 + jitter));
  }
}
