package dev.bellows.controlplane.scaling;

import dev.bellows.controlplane.scrape.ScrapeFailedException;
import dev.bellows.controlplane.scrape.Scraper;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.ScalingMetric;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.CollectionSnapshot;
import dev.bellows.core.stat.MetricCollection;
import dev.bellows.core.stat.Observation;
import dev.bellows.core.stat.Silence;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects the statistics of every Revision that has a Metric: asks its pods once a second, takes
 * in what activators report, and shows both through windows (autoscaling spec §6).
 *
 * <p>Each Revision's windows are guarded by a lock of their own, held for some ten nanoseconds. A
 * Revision is scraped by one thread at a time: a scrape that takes longer than a second costs it
 * those in between. There are as many collections as Metrics.
 */
public final class MetricCollector {
  private static final Logger log = LoggerFactory.getLogger(MetricCollector.class);

  /** Upstream's scrape tick. */
  private static final Duration SCRAPE_INTERVAL = Duration.ofSeconds(1);

  private final Scrapers scrapers;
  private final Executor executor;
  private final InstantSource clock;
  private final Consumer<RevisionId> onErrorChange;
  private final Map<RevisionId, Collected> all = new ConcurrentHashMap<>();
  private final Wheel<Collected> wheel = new Wheel<>(SCRAPE_INTERVAL);
  private final Inheritance<CollectionSnapshot> inheritance = new Inheritance<>();

  /** Makes the scraper of one Revision. */
  @FunctionalInterface
  public interface Scrapers {
    /**
     * @param revision whose pods are to be asked
     * @param target the Service in front of them
     */
    Scraper scraper(RevisionId revision, ServiceId target);
  }

  /**
   * Nothing is collected yet.
   *
   * @param scrapers makes the scraper of one Revision
   * @param executor runs scrapes, which block
   * @param clock says when a scrape came back
   * @param onErrorChange is told whose statistics begin or cease to come in, or fail otherwise than
   *     before; must not block
   */
  public MetricCollector(
      Scrapers scrapers,
      Executor executor,
      InstantSource clock,
      Consumer<RevisionId> onErrorChange) {
    this.scrapers = scrapers;
    this.executor = executor;
    this.clock = clock;
    this.onErrorChange = onErrorChange;
  }

  /**
   * Begins to collect for a Revision, or follows its changed Metric.
   *
   * @param aggregation only looked at in the beginning (autoscaling spec §5)
   * @return why its statistics do not come in, as of its last scrape
   * @throws IllegalArgumentException if a window's length is none
   */
  public Optional<CollectionError> createOrUpdate(
      RevisionId revision, MetricSpec spec, Aggregation aggregation) {
    Collected collected =
        all.compute(
            revision,
            (id, existing) -> {
              if (existing == null) {
                return new Collected(id, spec, aggregation);
              }
              existing.update(spec);
              return existing;
            });
    return Optional.ofNullable(collected.error);
  }

  /** What was collected of a Revision, for who goes on with it; empty if nothing is. */
  Optional<CollectionSnapshot> snapshot(RevisionId revision) {
    return Optional.ofNullable(all.get(revision)).map(Collected::snapshot);
  }

  /** Lets a Revision that is not collected for yet go on where another stood still. */
  void inherit(RevisionId revision, CollectionSnapshot snapshot) {
    inheritance.put(revision, snapshot, snapshot.concurrencyStable().length(), clock.instant());
  }

  /** Ceases to collect for a Revision and forgets what was collected. */
  public void delete(RevisionId revision) {
    Collected gone = all.remove(revision);
    if (gone != null) {
      wheel.remove(gone.seat);
    }
  }

  /**
   * Takes in what an activator reports.
   *
   * @return whether there is a Metric for that Revision
   */
  public boolean record(RevisionId revision, Instant at, Stat stat) {
    Collected collected = all.get(revision);
    if (collected == null) {
      return false;
    }
    collected.record(at, stat);
    return true;
  }

  /** What the windows show of a Revision. */
  public Observation observe(RevisionId revision, ScalingMetric metric, Instant now) {
    Collected collected = all.get(revision);
    return collected == null ? Observation.Missing.NOT_COLLECTING : collected.observe(metric, now);
  }

  /**
   * Starts the scrapes that are due.
   *
   * @return when to call again
   */
  Instant step(Instant now) {
    return wheel.turn(now, collected -> collected.startScrape(now));
  }

  /** One Revision's windows and who fills them. */
  private final class Collected {
    private final RevisionId revision;
    private final Wheel.Seat<Collected> seat;
    private final MetricCollection windows; // guarded by this
    private MetricSpec spec; // guarded by this
    private @Nullable Scraper scraper; // guarded by this
    private boolean scraping; // guarded by this
    private volatile @Nullable CollectionError error; // written under this

    Collected(RevisionId revision, MetricSpec spec, Aggregation aggregation) {
      this.revision = revision;
      this.spec = spec;
      Instant now = clock.instant();
      this.windows =
          inheritance
              .take(revision, now)
              .map(snapshot -> goingOn(snapshot, spec, now))
              .orElseGet(() ->
                  new MetricCollection(
                      aggregation,
                      spec.stableWindow(),
                      spec.panicWindow(),
                      Silence.of(spec.scrapeTarget())));
      this.scraper = scraperFor(revision, spec);
      this.seat = wheel.add(this, now);
    }

    private static MetricCollection goingOn(
        CollectionSnapshot snapshot, MetricSpec spec, Instant now) {
      Silence silence = Silence.of(spec.scrapeTarget());
      MetricCollection windows = new MetricCollection(snapshot, silence, now);
      windows.update(spec.stableWindow(), spec.panicWindow(), silence, now);
      return windows;
    }

    synchronized CollectionSnapshot snapshot() {
      return windows.snapshot(clock.instant());
    }

    private @Nullable Scraper scraperFor(RevisionId revision, MetricSpec spec) {
      return spec.scrapeTarget().isEmpty()
          ? null
          : scrapers.scraper(revision, new ServiceId(revision.namespace(), spec.scrapeTarget()));
    }

    synchronized void update(MetricSpec changed) {
      if (changed.equals(spec)) {
        return;
      }
      windows.update(
          changed.stableWindow(),
          changed.panicWindow(),
          Silence.of(changed.scrapeTarget()),
          clock.instant());
      // The scraper of an unchanged target stays, and with it what it has learnt of a mesh.
      if (!changed.scrapeTarget().equals(spec.scrapeTarget())) {
        scraper = scraperFor(revision, changed);
        error = null;
      }
      spec = changed;
    }

    synchronized void record(Instant at, Stat stat) {
      windows.record(at, stat);
    }

    synchronized Observation observe(ScalingMetric metric, Instant now) {
      return switch (metric) {
        case CONCURRENCY -> windows.concurrencyAt(now);
        case RPS -> windows.requestsPerSecondAt(now);
      };
    }

    void startScrape(Instant now) {
      Scraper asked;
      Duration stableWindow;
      synchronized (this) {
        if (scraper == null || scraping) {
          return;
        }
        asked = scraper;
        stableWindow = spec.stableWindow();
        scraping = true;
      }
      if (asked.hasNobodyToAsk()) {
        endScrape();
        settle(asked, null);
        return;
      }
      try {
        executor.execute(() -> scrape(asked, now, stableWindow));
      } catch (RejectedExecutionException e) {
        log.debug("no scrape of {}: the executor has ended", revision, e);
        endScrape();
      }
    }

    private void scrape(Scraper asked, Instant now, Duration stableWindow) {
      CollectionError outcome = null;
      try {
        asked.scrape(now, stableWindow).ifPresent(stat -> record(clock.instant(), stat));
      } catch (ScrapeFailedException e) {
        outcome = CollectionError.of(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        log.error("scraping {} failed", revision, e);
        outcome = new CollectionError(CollectionError.Reason.COLLECTION_FAILED, e.toString());
      } finally {
        endScrape();
      }
      settle(asked, outcome);
    }

    private synchronized void endScrape() {
      scraping = false;
    }

    private void settle(Scraper asked, @Nullable CollectionError outcome) {
      synchronized (this) {
        // What was asked of another target than today's says nothing any more.
        if (asked != scraper || Objects.equals(outcome, error)) {
          return;
        }
        error = outcome;
      }
      if (all.get(revision) == this) {
        onErrorChange.accept(revision);
      }
    }
  }
}
