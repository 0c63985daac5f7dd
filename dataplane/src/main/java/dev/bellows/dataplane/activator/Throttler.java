package dev.bellows.dataplane.activator;

import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.route.RevisionListener;
import dev.bellows.core.throttle.RevisionThrottler;
import dev.bellows.dataplane.proxy.InternalTls;
import dev.bellows.dataplane.telemetry.Attributes;
import io.netty.channel.EventLoopGroup;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All Revisions that this activator knows, each with its pods and those who wait for them. Told by
 * one thread at a time; read by any.
 *
 * <p>Endpoints may be told before their Revision; they are kept until it goes, or until they are
 * told empty.
 */
final class Throttler implements RevisionListener {
  private static final Logger LOG = LoggerFactory.getLogger(Throttler.class);

  private final String selfIp;
  private final InternalTls tls;
  private final EventLoopGroup loops;
  private final PodProbe probe;
  private final LongSupplier nanoTime;
  private final Supplier<RandomGenerator> random;

  private final Map<RevisionId, Throttled> revisions = new ConcurrentHashMap<>();
  private volatile Addressing addressing = Addressing.DEFAULT;

  /** What is behind a private Service. */
  private record Told(Endpoints endpoints, Optional<Address> clusterIp) {
    static final Told NOTHING = new Told(Endpoints.NONE, Optional.empty());
  }

  // The telling thread's own.
  private final Map<RevisionId, Told> endpoints = new HashMap<>();
  private final Map<RevisionId, List<String>> activators = new HashMap<>();

  /**
   * Knows no Revision yet.
   *
   * @param selfIp this activator's address as the public Services' Endpoints show it
   * @param tls says whether pods are dialled by TLS
   * @param loops carry the following of pods, one each
   * @param probe asks pods
   * @param nanoTime monotonic clock
   * @param random a source for the calling thread
   */
  Throttler(
      String selfIp,
      InternalTls tls,
      EventLoopGroup loops,
      PodProbe probe,
      LongSupplier nanoTime,
      Supplier<RandomGenerator> random) {
    this.selfIp = selfIp;
    this.tls = tls;
    this.loops = loops;
    this.probe = probe;
    this.nanoTime = nanoTime;
    this.random = random;
  }

  /** The Revision, or {@code null} if there is none (not an Optional: every request asks). */
  @Nullable Throttled find(RevisionId id) {
    return revisions.get(id);
  }

  /** Whether and how pods are dialled by TLS. */
  InternalTls tls() {
    return tls;
  }

  /** All Revisions, in no particular order. */
  Stream<Throttled> all() {
    return revisions.values().stream();
  }

  /** Stops following pods; who waits is told that its Revision is gone. */
  void close() {
    revisions.values().forEach(Throttled::close);
    revisions.clear();
  }

  @Override
  public void onRevision(Revision revision) {
    Throttled before = revisions.get(revision.id());
    if (before != null && before.revision().equals(revision)) {
      return;
    }
    Throttled now = throttle(revision);
    revisions.put(revision.id(), now);
    now.pods().onActivators(activators.getOrDefault(revision.id(), List.of()));
    Told told = endpoints.getOrDefault(revision.id(), Told.NOTHING);
    now.pods().onEndpoints(told.endpoints, told.clusterIp);
    if (before != null) {
      LOG.info("{} changed, its waiting requests join again", revision.id());
      before.close();
    }
  }

  @Override
  public void onRevisionDeleted(RevisionId id) {
    endpoints.remove(id);
    activators.remove(id);
    Throttled gone = revisions.remove(id);
    if (gone != null) {
      gone.close();
    }
  }

  @Override
  public void onPrivateEndpoints(RevisionId id, Endpoints told, Optional<Address> clusterIp) {
    Told now = new Told(told, clusterIp);
    if (now.equals(Told.NOTHING)) {
      endpoints.remove(id);
    } else {
      endpoints.put(id, now);
    }
    Throttled revision = revisions.get(id);
    if (revision != null) {
      revision.pods().onEndpoints(told, clusterIp);
    }
  }

  @Override
  public void onPublicEndpoints(RevisionId id, List<String> readyIps) {
    if (readyIps.isEmpty()) {
      activators.remove(id);
    } else {
      activators.put(id, List.copyOf(readyIps));
    }
    Throttled revision = revisions.get(id);
    if (revision != null) {
      revision.pods().onActivators(readyIps);
    }
  }

  /** From now on pods are reached so; may be told by any thread. */
  void useAddressing(Addressing changed) {
    addressing = changed;
    revisions.values().forEach(each -> each.pods().onAddressing(changed));
  }

  /** How pods are reached now. */
  Addressing addressing() {
    return addressing;
  }

  /** The queue-proxy of a pod says that it is ready; may be told by any thread. */
  void onPodReady(RevisionId id, Address pod) {
    Throttled revision = revisions.get(id);
    if (revision != null) {
      revision.pods().onToldReady(pod);
    }
  }

  private Throttled throttle(Revision revision) {
    RevisionThrottler throttler = new RevisionThrottler(revision.containerConcurrency(), selfIp);
    WaitingLine line = new WaitingLine(throttler, random);
    RevisionPods pods =
        new RevisionPods(
            loops.next(),
            new PodHealth(revision.waitForKubernetesReady()),
            privateHost(revision.id()),
            addressing,
            throttler,
            line,
            probe,
            nanoTime);
    return new Throttled(revision, line, pods, privateHost(revision.id()), about(revision));
  }

  private static String privateHost(RevisionId id) {
    return id.name() + "-private." + id.namespace();
  }

  private static Attributes about(Revision revision) {
    return Attributes.of(
        "k8s.namespace.name", revision.id().namespace(),
        "kn.configuration.name", revision.configuration(),
        "kn.revision.name", revision.id().name(),
        "kn.service.name", revision.service());
  }

  /**
   * One Revision with its pods and those who wait for them.
   *
   * @param revision as it was told last
   * @param line before its pods
   * @param pods what is known of them
   * @param privateHost by which a mesh knows its pods
   * @param about what measures and spans say of it
   */
  record Throttled(
      Revision revision,
      WaitingLine line,
      RevisionPods pods,
      String privateHost,
      Attributes about) {
    private void close() {
      pods.close();
      line.close();
    }
  }
}
