package dev.bellows.controlplane.bucket;

import dev.bellows.api.config.LeaderElectionConfig;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.shard.BucketSet;
import dev.bellows.core.shard.Candidacy;
import dev.bellows.core.shard.Candidacy.Step;
import dev.bellows.core.shard.Candidacy.Terms;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands for every bucket's Lease, holds those it gets, and tells who holds the others. What to do
 * is {@link Candidacy}'s to say; here it is read and written.
 *
 * <p>One thread does all of it, woken by every change of a Lease and when something is due. {@link
 * #isOurs} may be asked by any: it reads a snapshot and the clock, so that a bucket whose Lease
 * could not be renewed in time is nobody's business here from that moment on.
 */
public final class BucketLeases implements Ownership, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BucketLeases.class);

  /** Where a Lease that is given back carries what its next holder should know. */
  private static final String LEFT = "bellows.dev/handover";

  /** In base64 below what all annotations of an object may have, which is 256 KiB. */
  private static final int LEFT_LIMIT = 180 << 10;

  /** What giving the Leases back may take at the end. */
  private static final Duration RELEASE_LIMIT = Duration.ofSeconds(3);

  private final KubernetesClient client;
  private final String namespace;
  private final Identity identity;
  private final BucketSet buckets;
  private final Terms terms;
  private final InstantSource clock;
  private final Watched<Lease> leases;
  private final Consumer<String> onOwn;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Semaphore changed = new Semaphore(0);
  private final Thread thread;

  /** The thread's own, but for reading. */
  private volatile Map<String, Candidacy> candidacies;

  // The thread's own.
  private final Map<String, String> overwritten = new HashMap<>();
  private Set<String> toldOwn = Set.of();
  private Set<String> toldOthers = Set.of();

  private volatile Handover handover = Handover.ofNothing();

  private volatile boolean closing;

  /**
   * Reads and writes nothing before {@link #start}.
   *
   * @param leases those of the system's namespace
   * @param buckets what is stood for
   * @param election the terms
   * @param onOwn is told of each bucket that has become ours; may block for some calls of the API
   */
  public BucketLeases(
      KubernetesClient client,
      Watched<Lease> leases,
      String namespace,
      Identity identity,
      BucketSet buckets,
      LeaderElectionConfig election,
      InstantSource clock,
      Consumer<String> onOwn) {
    this.client = client;
    this.leases = leases;
    this.namespace = namespace;
    this.identity = identity;
    this.clock = clock;
    this.buckets = buckets;
    this.onOwn = onOwn;
    this.terms =
        new Terms(election.leaseDuration(), election.renewDeadline(), election.retryPeriod());
    Instant now = clock.instant();
    this.candidacies =
        buckets.names().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    bucket -> bucket, bucket -> Candidacy.of(identity.toString(), terms, now)));
    this.thread = Thread.ofVirtual().name("bucket-leases").unstarted(this::run);
    leases.onChange(change -> changed.release());
  }

  /**
   * The Leases of autoscalers, each with a Service of its name that leads to the holder
   * (autoscaling spec §10).
   *
   * @param election how many buckets there are, and the terms
   */
  public static BucketLeases ofAutoscaler(
      KubernetesClient client,
      Watched<Lease> leases,
      String namespace,
      Identity identity,
      LeaderElectionConfig election,
      InstantSource clock) {
    return new BucketLeases(
        client,
        leases,
        namespace,
        identity,
        BucketSet.ofAutoscaler(election.buckets()),
        election,
        clock,
        new BucketService(client, namespace, identity.podIp())::leadHere);
  }

  /** Says what passes with a bucket; to be called before it begins. */
  public void handsOver(Handover what) {
    handover = what;
  }

  /** Begins to stand for the Leases, once they have been listed. */
  public void start() {
    thread.start();
  }

  /** The bucket that a key falls into. */
  public String bucket(Key key) {
    return buckets.owner(key.toString());
  }

  @Override
  public boolean isOurs(Key key) {
    return owns(bucket(key));
  }

  @Override
  public boolean isAnothers(Key key) {
    return !isOurs(key) && otherHolder(bucket(key)).isPresent();
  }

  /** Whether a bucket of that name is ours. */
  public boolean owns(String bucket) {
    Candidacy candidacy = candidacies.get(bucket);
    return candidacy != null && candidacy.holds(clock.instant());
  }

  /** Which other one holds a bucket, as far as its Lease tells; empty if none is known to. */
  public Optional<Identity> otherHolder(String bucket) {
    return Optional.ofNullable(candidacies.get(bucket))
        .flatMap(Candidacy::seen)
        .flatMap(lease -> Identity.parse(lease.holder()))
        .filter(holder -> !holder.equals(identity));
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void run() {
    try {
      while (!closing) {
        changed.drainPermits(); // before looking: what changes from now on wakes once more
        Duration wait = Duration.between(clock.instant(), safeStep());
        if (wait.isPositive()) {
          boolean woken = changed.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS);
          log.trace("looks at the Leases again, woken: {}", woken);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Instant safeStep() {
    try {
      return step();
    } catch (RuntimeException e) {
      // Whatever it is: who ceased to renew would lose every bucket.
      log.error("Leases of buckets could not be looked after", e);
      return clock.instant().plus(terms.retryPeriod());
    }
  }

  /** Does what is due for every bucket; answers when to look again at the latest. */
  private Instant step() {
    Instant next = clock.instant().plus(terms.retryPeriod());
    Map<String, Candidacy> after = new HashMap<>();
    for (String bucket : buckets.names()) {
      Candidacy before = Objects.requireNonNull(candidacies.get(bucket));
      Optional<Lease> found = leases.find(namespace, bucket);
      Candidacy candidacy =
          isOverwritten(bucket, found)
              ? before
              : before.sees(found.map(BucketLeases::read), clock.instant());
      switch (candidacy.step(clock.instant())) {
        case Step.Wait(Instant until, String because) -> {
          if (until.isBefore(next)) {
            next = until;
          }
        }
        case Step.Write(var lease, String because) -> {
          Instant begun = clock.instant();
          if (write(bucket, found, lease, because)) {
            if (!before.holds(begun)) {
              found.ifPresent(this::inherit);
            }
            candidacy = candidacy.wrote(lease, begun);
            overwritten.put(bucket, version(found));
          }
        }
      }
      after.put(bucket, candidacy);
    }
    candidacies = Map.copyOf(after);
    tell();
    return next;
  }

  /** Whether what is seen is what was there before our own last write: the watch is behind. */
  private boolean isOverwritten(String bucket, Optional<Lease> found) {
    boolean same = version(found).equals(overwritten.get(bucket));
    if (!same) {
      overwritten.remove(bucket);
    }
    return same;
  }

  private static String version(Optional<Lease> lease) {
    return lease.map(each -> each.getMetadata().getResourceVersion()).orElse("");
  }

  /** Writes a Lease; what a holder before left in it goes. */
  private boolean write(
      String bucket, Optional<Lease> found, dev.bellows.core.shard.Lease lease, String because) {
    return write(bucket, found, lease, "", because);
  }

  private boolean write(
      String bucket,
      Optional<Lease> found,
      dev.bellows.core.shard.Lease lease,
      String left,
      String because) {
    try {
      if (found.isEmpty()) {
        client.resource(form(bucket, lease)).create();
      } else {
        // Over what was read, or not at all: somebody else may have been faster.
        LeaseBuilder changed = new LeaseBuilder(found.get()).withSpec(form(lease));
        if (left.isEmpty()) {
          changed.editMetadata().removeFromAnnotations(LEFT).endMetadata();
        } else {
          changed.editMetadata().addToAnnotations(LEFT, left).endMetadata();
        }
        client.resource(changed.build()).update();
      }
      log.debug("{}: written, since {}", bucket, because);
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        log.warn("Lease {} could not be written: {}", bucket, e.getMessage());
      }
      return false;
    }
  }

  private void inherit(Lease lease) {
    Map<String, String> annotations = lease.getMetadata().getAnnotations();
    String left = annotations == null ? null : annotations.get(LEFT);
    if (left == null) {
      return;
    }
    try {
      handover.take(Base64.getDecoder().decode(left));
    } catch (IllegalArgumentException e) {
      log.warn("what Lease {} was left with is unreadable: {}", Key.of(lease), e.getMessage());
    }
  }

  private void tell() {
    Set<String> own =
        buckets.names().stream().filter(this::owns).collect(Collectors.toUnmodifiableSet());
    Set<String> others =
        buckets.names().stream()
            .filter(bucket -> otherHolder(bucket).isPresent())
            .collect(Collectors.toUnmodifiableSet());
    if (own.equals(toldOwn) && others.equals(toldOthers)) {
      return;
    }
    log.info("holds {} of {} buckets: {}", own.size(), buckets.names().size(), own);
    own.stream().filter(bucket -> !toldOwn.contains(bucket)).forEach(onOwn);
    toldOwn = own;
    toldOthers = others;
    listeners.forEach(Runnable::run);
  }

  private Lease form(String bucket, dev.bellows.core.shard.Lease lease) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(bucket)
        .endMetadata()
        .withSpec(form(lease))
        .build();
  }

  private static LeaseSpec form(dev.bellows.core.shard.Lease lease) {
    LeaseSpec spec = new LeaseSpec();
    spec.setHolderIdentity(lease.holder());
    spec.setLeaseDurationSeconds((int) Math.max(1, lease.duration().toSeconds()));
    spec.setAcquireTime(ZonedDateTime.ofInstant(lease.acquired(), ZoneOffset.UTC));
    spec.setRenewTime(ZonedDateTime.ofInstant(lease.renewed(), ZoneOffset.UTC));
    spec.setLeaseTransitions(lease.transitions());
    return spec;
  }

  private static dev.bellows.core.shard.Lease read(Lease lease) {
    LeaseSpec spec = Objects.requireNonNullElseGet(lease.getSpec(), LeaseSpec::new);
    return new dev.bellows.core.shard.Lease(
        Objects.requireNonNullElse(spec.getHolderIdentity(), ""),
        Duration.ofSeconds(Objects.requireNonNullElse(spec.getLeaseDurationSeconds(), 0)),
        time(spec.getAcquireTime()),
        time(spec.getRenewTime()),
        Objects.requireNonNullElse(spec.getLeaseTransitions(), 0));
  }

  private static Instant time(@Nullable ZonedDateTime time) {
    return time == null ? Instant.EPOCH : time.toInstant();
  }

  /** Stops, and gives back what it holds, so that nobody has to wait for it to be silent. */
  @Override
  public void close() {
    closing = true;
    changed.release();
    try {
      if (thread.isAlive() && !thread.join(RELEASE_LIMIT)) {
        thread.interrupt();
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    Map<String, Candidacy> held = candidacies;
    candidacies = Map.of();
    try {
      held.forEach(this::giveBack);
    } catch (RuntimeException e) {
      log.warn("Leases were not given back, others wait until they end: {}", e.toString());
    }
  }

  private void giveBack(String bucket, Candidacy candidacy) {
    Optional<dev.bellows.core.shard.Lease> released = candidacy.released(clock.instant());
    if (released.isEmpty()) {
      return;
    }
    // Asked for: what was written last may not have come back by the watch yet.
    Lease latest = client.leases().inNamespace(namespace).withName(bucket).get();
    if (latest == null || !read(latest).holder().equals(identity.toString())) {
      return;
    }
    byte[] left = handover.leave(key -> bucket(key).equals(bucket), LEFT_LIMIT);
    write(
        bucket,
        Optional.of(latest),
        released.get(),
        Base64.getEncoder().encodeToString(left),
        "it is leaving");
  }
}
