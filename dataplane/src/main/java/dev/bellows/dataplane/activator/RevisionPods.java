package dev.bellows.dataplane.activator;

import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.throttle.RevisionThrottler;
import dev.bellows.dataplane.activator.PodHealth.Finding;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the pods of one Revision: takes what Kubernetes says, asks those it does not vouch for,
 * and tells the throttler and those who wait of every change. All of it happens on one event loop;
 * the methods may be called from anywhere.
 */
final class RevisionPods {
  private static final Logger LOG = LoggerFactory.getLogger(RevisionPods.class);

  private final EventLoop loop;
  private final PodHealth health;
  private final RevisionThrottler throttler;
  private final WaitingLine line;
  private final PodProbe probe;
  private final LongSupplier nanoTime;

  // Confined to the loop.
  private List<Address> published = List.of();
  private @Nullable Future<?> nextStep;
  private boolean closed;

  RevisionPods(
      EventLoop loop,
      PodHealth health,
      RevisionThrottler throttler,
      WaitingLine line,
      PodProbe probe,
      LongSupplier nanoTime) {
    this.loop = loop;
    this.health = health;
    this.throttler = throttler;
    this.line = line;
    this.probe = probe;
    this.nanoTime = nanoTime;
  }

  /** Kubernetes says this of the pods. */
  void onEndpoints(Endpoints endpoints) {
    change(() -> health.onEndpoints(endpoints, nanoTime.getAsLong()));
  }

  /** The queue-proxy of this pod says that it is ready. */
  void onToldReady(Address pod) {
    change(() -> health.onToldReady(pod, nanoTime.getAsLong()));
  }

  /** These stand in the Revision's public Service. */
  void onActivators(List<String> ips) {
    change(() -> {
      throttler.useActivators(ips);
      line.callNext();
    });
  }

  /**
   * A request could not connect to the pod.
   *
   * @param then run on the loop as soon as the pod is out of the throttler's choice
   */
  void onUnreachable(Address pod, Runnable then) {
    change(() -> health.onUnreachable(pod, nanoTime.getAsLong()));
    loop.execute(then);
  }

  /** Stops asking. */
  void close() {
    change(() -> closed = true);
  }

  private void change(Runnable step) {
    loop.execute(() -> {
      step.run();
      proceed();
    });
  }

  private void proceed() {
    cancelNextStep();
    if (!closed) {
      publish();
      probeDue();
    }
  }

  private void cancelNextStep() {
    if (nextStep != null) {
      nextStep.cancel(false);
      nextStep = null;
    }
  }

  private void publish() {
    List<Address> healthy = health.healthy();
    if (!healthy.equals(published)) {
      published = healthy;
      LOG.debug("{}", throttler.useDestinations(healthy));
      line.callNext();
    }
  }

  private void probeDue() {
    for (Address pod : health.takeDue(nanoTime.getAsLong())) {
      probe.probe(pod, result -> onProbe(pod, result));
    }
    long now = nanoTime.getAsLong();
    OptionalLong next = health.nextDueNanos(now);
    if (next.isPresent()) {
      nextStep =
          loop.schedule(this::proceed, Math.max(0, next.getAsLong() - now), TimeUnit.NANOSECONDS);
    }
  }

  private void onProbe(Address pod, Finding result) {
    change(() -> health.onProbe(pod, result, nanoTime.getAsLong()));
  }
}
