package dev.bellows.dataplane.activator;

import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.throttle.RevisionThrottler;
import dev.bellows.dataplane.activator.PodHealth.Finding;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.Optional;
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
  private final Reach reach;
  private final RevisionThrottler throttler;
  private final WaitingLine line;
  private final PodProbe probe;
  private final LongSupplier nanoTime;
  private final String host;

  // Confined to the loop.
  private Addressing addressing;
  private Published published = new Published.Pods(List.of());
  private @Nullable Future<?> nextStep;
  private boolean closed;

  /**
   * Follows nobody yet.
   *
   * @param host of the private Service, by which a mesh knows its pods
   * @param addressing how they are reached, until {@link #onAddressing}
   */
  RevisionPods(
      EventLoop loop,
      PodHealth health,
      String host,
      Addressing addressing,
      RevisionThrottler throttler,
      WaitingLine line,
      PodProbe probe,
      LongSupplier nanoTime) {
    this.loop = loop;
    this.health = health;
    this.reach = new Reach(addressing);
    this.host = host;
    this.addressing = addressing;
    this.throttler = throttler;
    this.line = line;
    this.probe = probe;
    this.nanoTime = nanoTime;
  }

  /**
   * Kubernetes says this of the pods.
   *
   * @param clusterIp their Service's own address, where it has one that can be dialled
   */
  void onEndpoints(Endpoints endpoints, Optional<Address> clusterIp) {
    change(() -> {
      reach.onClusterIp(clusterIp);
      trust();
      health.onEndpoints(endpoints, nanoTime.getAsLong());
    });
  }

  /** The settings say this of how pods are reached. */
  void onAddressing(Addressing now) {
    change(() -> {
      addressing = now;
      reach.onAddressing(now);
    });
  }

  private Optional<String> mesh() {
    return addressing.throughMesh() ? Optional.of(host) : Optional.empty();
  }

  private void trust() {
    health.trustKubernetes(reach.way() != Reach.Way.NOT_KNOWN, nanoTime.getAsLong());
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
      trust();
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

  /** Where requests may go. */
  private sealed interface Published {
    record Pods(List<Address> healthy) implements Published {}

    record Through(Address service, int readyPods) implements Published {}
  }

  private void publish() {
    Published now = toPublish();
    if (!now.equals(published)) {
      published = now;
      switch (now) {
        case Published.Pods(List<Address> healthy) ->
            LOG.debug("{}", throttler.useDestinations(healthy));
        case Published.Through(Address service, int readyPods) ->
            LOG.debug("{}", throttler.useClusterIp(service, readyPods));
      }
      line.callNext();
    }
  }

  private Published toPublish() {
    return switch (reach.way()) {
      case PODS, NOT_KNOWN -> new Published.Pods(health.healthy());
      case SERVICE ->
          new Published.Through(reach.service().orElseThrow(), health.kubernetesReady());
    };
  }

  private void probeDue() {
    if (reach.way() == Reach.Way.SERVICE) {
      return; // requests tell what becomes of them
    }
    if (health.readyPodsAreSilent()) {
      reach
          .takeDue(nanoTime.getAsLong())
          .ifPresent(service -> probe.probe(service, mesh(), this::onServiceProbe));
    }
    for (Address pod : health.takeDue(nanoTime.getAsLong())) {
      probe.probe(pod, mesh(), result -> onProbe(pod, result));
    }
    long now = nanoTime.getAsLong();
    OptionalLong next = health.nextDueNanos(now);
    if (next.isPresent()) {
      nextStep =
          loop.schedule(this::proceed, Math.max(0, next.getAsLong() - now), TimeUnit.NANOSECONDS);
    }
  }

  private void onProbe(Address pod, Finding result) {
    change(() -> {
      if (result == Finding.READY) {
        reach.onPodAnswered();
      }
      health.onProbe(pod, result, nanoTime.getAsLong());
    });
  }

  private void onServiceProbe(Finding result) {
    change(() -> reach.onServiceAsked(result == Finding.READY, nanoTime.getAsLong()));
  }
}
