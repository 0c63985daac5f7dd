package dev.bellows.dataplane.stats;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.StatMessage;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings statistics to the autoscaler that takes care of their Revision (data-plane spec §5.5): to
 * this one, or over a WebSocket to another. What cannot be delivered now, since nobody holds the
 * bucket or its holder cannot be reached, is offered again for a while.
 *
 * <p>Another is sent them without the second of their receipt, which he stamps by his own clock:
 * ours may be another (ADR 0186). What has waited for longer than {@link #FRESH} is not sent, since
 * he would take it for the present.
 *
 * <p>All state belongs to one event loop. Batches stay batches: one frame per owner, where upstream
 * sends one per statistic.
 */
public final class StatForwarder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StatForwarder.class);

  private static final Duration RETRY_AFTER = Duration.ofMillis(500);

  /** A newer report of the same pod is about to come. */
  private static final Duration FRESH = Duration.ofSeconds(1);

  /** Offers of one batch; upstream's limit, which upstream only logs. */
  private static final int OFFERS = 30;

  /**
   * Statistics that may wait to be offered again; more are dropped: newer ones come each second.
   */
  private static final int WAITING_LIMIT = 10_000;

  private final EventLoopGroup loops;
  private final EventLoop loop;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Owners owners;
  private final Sink local;
  private final LongAdder dropped = new LongAdder();

  // Confined to the loop.
  private final Map<String, Link> links = new HashMap<>();
  private int waiting;
  private boolean closed;

  /** Who takes care of what. */
  public interface Owners {
    /** The bucket that a Revision falls into. */
    String bucket(RevisionId revision);

    /**
     * Who holds a bucket now; empty while nobody is known to. Asked by an event loop: it must not
     * block.
     */
    Optional<Owner> owner(String bucket);
  }

  /** Who holds a bucket. */
  public sealed interface Owner {
    /** This autoscaler. */
    record Here() implements Owner {}

    /**
     * Another one.
     *
     * @param addresses where to dial it, {@code ws://host:port} each, tried in turn
     */
    record At(List<URI> addresses) implements Owner {
      public At {
        addresses = List.copyOf(addresses);
      }
    }
  }

  /** Where statistics end that are this autoscaler's own; called by an event loop. */
  @FunctionalInterface
  public interface Sink {
    void take(StatMessage message);
  }

  private record Link(Owner.At owner, StatClient client) {}

  /**
   * Connects to nobody before there is something to bring.
   *
   * @param clock the one that the statistics were stamped by
   * @param random for the jitter between attempts to connect
   */
  public StatForwarder(
      EventLoopGroup loops,
      Owners owners,
      Sink local,
      InstantSource clock,
      RandomGenerator random) {
    this.loops = loops;
    this.clock = clock;
    this.loop = loops.next();
    this.owners = owners;
    this.local = local;
    this.random = random;
  }

  /** Takes a batch, and returns at once. */
  public void accept(List<StatMessage> messages) {
    Map<String, List<StatMessage>> byBucket = new HashMap<>();
    for (StatMessage message : messages) {
      byBucket
          .computeIfAbsent(owners.bucket(message.revision()), _ -> new ArrayList<>())
          .add(message);
    }
    byBucket.forEach((bucket, batch) -> {
      // On the caller's loop: a Revision at zero is woken by this.
      if (owners.owner(bucket).orElse(null) instanceof Owner.Here) {
        batch.forEach(local::take);
      } else {
        loop.execute(() -> offer(bucket, batch, 1));
      }
    });
  }

  /** Statistics that were given up. */
  public long dropped() {
    return dropped.sum();
  }

  private void offer(String bucket, List<StatMessage> batch, int offers) {
    if (closed) {
      return;
    }
    switch (owners.owner(bucket).orElse(null)) {
      case null -> offerLater(bucket, batch, offers);
      case Owner.Here() -> batch.forEach(local::take);
      case Owner.At at -> {
        List<StatMessage> fresh = batch.stream().filter(this::isFresh).toList();
        dropped.add(batch.size() - fresh.size());
        boolean sent =
            fresh.isEmpty()
                || link(bucket, at).send(fresh.stream().map(each -> each.at(0)).toList());
        if (!sent) {
          offerLater(bucket, fresh, offers);
        }
      }
    }
  }

  private boolean isFresh(StatMessage message) {
    long stamped = message.stat().timestamp();
    return stamped == 0 || clock.instant().getEpochSecond() - stamped <= FRESH.toSeconds();
  }

  private void offerLater(String bucket, List<StatMessage> batch, int offers) {
    if (offers == OFFERS || waiting + batch.size() > WAITING_LIMIT) {
      dropped.add(batch.size());
      LOG.debug("{} statistics for {} are given up after {} offers", batch.size(), bucket, offers);
      return;
    }
    waiting += batch.size();
    loop.schedule(
        () -> {
          waiting -= batch.size();
          offer(bucket, batch, offers + 1);
        },
        RETRY_AFTER.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private StatClient link(String bucket, Owner.At owner) {
    Link present = links.get(bucket);
    if (present != null && present.owner.equals(owner)) {
      return present.client;
    }
    if (present != null) {
      present.client.close();
    }
    Link made = new Link(owner, StatClient.connect(loops, new InTurn(owner.addresses()), random));
    links.put(bucket, made);
    return made.client;
  }

  /** The addresses one after the other; asked by one thread. */
  private static final class InTurn implements Supplier<Optional<URI>> {
    private final List<URI> addresses;
    private int next;

    InTurn(List<URI> addresses) {
      this.addresses = addresses;
    }

    @Override
    public Optional<URI> get() {
      if (addresses.isEmpty()) {
        return Optional.empty();
      }
      URI address = addresses.get(next % addresses.size());
      next++;
      return Optional.of(address);
    }
  }

  @Override
  public void close() {
    loop.execute(() -> {
      closed = true;
      links.values().forEach(link -> link.client.close());
      links.clear();
    });
  }
}
