package dev.bellows.controlplane.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.config.NetworkConfig.MeshCompatibilityMode;
import dev.bellows.controlplane.scrape.FakeCluster;
import dev.bellows.controlplane.scrape.ScrapeFailedException.Kind;
import dev.bellows.controlplane.scrape.Scraper;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.ScalingMetric;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.Observation;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Collecting on a virtual clock: a scrape comes back when the test says so. */
class MetricCollectorTest {
  private static final RevisionId HELLO = new RevisionId("default", "hello-00001");
  private static final Duration OLD = Duration.ofMinutes(5);

  private final VirtualClock clock = new VirtualClock();
  private final FakeCluster cluster = new FakeCluster();
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Runnable> scrapes = new ArrayDeque<>();
  private final List<RevisionId> told = new ArrayList<>();
  private int scrapers;
  private final MetricCollector metrics =
      new MetricCollector(
          (revision, target) -> {
            scrapers++;
            return new Scraper(
                revision,
                target,
                MeshCompatibilityMode.AUTO,
                cluster,
                cluster,
                workers,
                new Random(1));
          },
          scrapes::add,
          clock,
          told::add);

  @AfterEach
  void close() {
    workers.close();
  }

  @Test
  void scrapesOnceASecond() {
    cluster.pod(OLD, 3);
    follow("hello-00001-private");
    assertThat(observed()).isEqualTo(Observation.Missing.NO_DATA);
    for (int second = 0; second < 3; second++) {
      advance("1S");
      scrapeComesBack();
    }
    assertThat(observed()).isEqualTo(new Observation.Load(3, 3));
    assertThat(told).isEmpty();
  }

  @Test
  void recordsWhenTheScrapeCameBack() {
    cluster.pod(OLD, 3);
    follow("hello-00001-private");
    advance("1S");
    clock.advance(Duration.ofSeconds(5));
    scrapeComesBack();
    report(10);
    assertThat(observed()).isEqualTo(new Observation.Load(13, 13));
  }

  @Test
  void passesOverTicksWhileAScrapeIsUnderWay() {
    cluster.pod(OLD, 3);
    follow("hello-00001-private");
    for (int second = 0; second < 5; second++) {
      advance("1S");
    }
    assertThat(scrapes).hasSize(1);
    scrapeComesBack();
    advance("1S");
    assertThat(scrapes).hasSize(1);
  }

  @Test
  void startsNothingWhereThereIsNobodyToAsk() {
    follow("hello-00001-private");
    advance("1S");
    assertThat(scrapes).isEmpty();
    cluster.pod(OLD, 3);
    advance("1S");
    assertThat(scrapes).hasSize(1);
  }

  @Test
  void aFailureIsOverWhenThePodsAreGone() {
    cluster.failingPod(OLD, Kind.OTHER);
    follow("hello-00001-private");
    advance("1S");
    scrapeComesBack();
    cluster.empty();
    advance("1S");
    assertThat(told).hasSize(2);
    assertThat(follow("hello-00001-private")).isEmpty();
  }

  @Test
  void asksNobodyWithoutAScrapeTarget() {
    follow("");
    advance("1S");
    assertThat(scrapes).isEmpty();
    assertThat(observed()).isEqualTo(new Observation.Load(0, 0));
    report(7);
    assertThat(observed()).isEqualTo(new Observation.Load(7, 7));
  }

  @Test
  void tellsWhenStatisticsFailAndWhenTheyComeBack() {
    cluster.failingPod(OLD, Kind.OTHER);
    follow("hello-00001-private");
    advance("1S");
    scrapeComesBack();
    assertThat(told).containsExactly(HELLO);
    assertThat(follow("hello-00001-private"))
        .contains(
            new CollectionError(
                CollectionError.Reason.COLLECTION_FAILED,
                "0 of 1 pods of default/hello-00001 answered, 1 were needed: pod 10.0.0.1 is out of"
                    + " order"));
    advance("1S");
    scrapeComesBack();
    assertThat(told).as("the same failure again").hasSize(1);

    cluster.empty().pod(OLD, 1);
    advance("1S");
    scrapeComesBack();
    assertThat(told).hasSize(2);
    assertThat(follow("hello-00001-private")).isEmpty();
  }

  @Test
  void knowsThatItDoesNotKnowThePods() {
    cluster.unknown();
    follow("hello-00001-private");
    advance("1S");
    scrapeComesBack();
    assertThat(follow("hello-00001-private"))
        .contains(
            new CollectionError(CollectionError.Reason.NO_ENDPOINTS, "failed to get endpoints"));
  }

  @Test
  void keepsItsScraperWhileTheTargetStays() {
    follow("hello-00001-private");
    metrics.createOrUpdate(
        HELLO,
        new MetricSpec(Duration.ofSeconds(30), Duration.ofSeconds(3), "hello-00001-private"),
        Aggregation.LINEAR);
    assertThat(scrapers).isEqualTo(1);
    follow("another");
    assertThat(scrapers).isEqualTo(2);
  }

  @Test
  void forgetsWhatIsDeleted() {
    cluster.pod(OLD, 3);
    follow("hello-00001-private");
    report(10);
    metrics.delete(HELLO);
    assertThat(observed()).isEqualTo(Observation.Missing.NOT_COLLECTING);
    assertThat(report(10)).isFalse();
    advance("1S");
    assertThat(scrapes).isEmpty();
  }

  private Optional<CollectionError> follow(String scrapeTarget) {
    return metrics.createOrUpdate(
        HELLO,
        new MetricSpec(Duration.ofSeconds(60), Duration.ofSeconds(6), scrapeTarget),
        Aggregation.LINEAR);
  }

  private boolean report(double concurrency) {
    return metrics.record(
        HELLO, clock.instant(), new Stat("activator", concurrency, 0, 0, 0, 0, 0));
  }

  private Observation observed() {
    return metrics.observe(HELLO, ScalingMetric.CONCURRENCY, clock.instant());
  }

  private void advance(String seconds) {
    clock.advance(Duration.parse("PT" + seconds));
    metrics.step(clock.instant());
  }

  private void scrapeComesBack() {
    scrapes.remove().run();
  }
}
