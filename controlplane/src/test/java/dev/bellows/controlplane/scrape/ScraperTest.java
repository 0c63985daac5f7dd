package dev.bellows.controlplane.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.api.config.NetworkConfig.MeshCompatibilityMode;
import dev.bellows.controlplane.scrape.ScrapeFailedException.Kind;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The worked examples of the autoscaling spec, §11 G, and what surrounds them. */
class ScraperTest {
  private static final long SEED = 20261121;
  private static final Duration OLD = Duration.ofMinutes(5);
  private static final Duration YOUNG = Duration.ofSeconds(5);

  private final FakeCluster cluster = new FakeCluster();
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void close() {
    workers.close();
  }

  @Test
  void addsUpFewPods() throws Exception { // 51
    cluster.pod(OLD, 3).pod(OLD, 5).pod(OLD, 3);
    assertThat(scrape(MeshCompatibilityMode.AUTO))
        .contains(new Stat("service-scraper", 11, 0, 22, 0, 0, 0));
  }

  @Test
  void letsASampleSpeakForAll() throws Exception { // 52: 6 pods, 5 asked
    IntStream.range(0, 6).forEach(i -> cluster.pod(OLD, 6));
    assertThat(scrape(MeshCompatibilityMode.AUTO).orElseThrow().averageConcurrentRequests())
        .isEqualTo(36);
    assertThat(cluster.asked).hasSize(5).doesNotHaveDuplicates();
  }

  @Test
  void asksOldPodsFirst() throws Exception { // 54
    IntStream.range(0, 20).forEach(i -> cluster.pod(YOUNG, 1));
    IntStream.range(0, 5).forEach(i -> cluster.pod(OLD, 1));
    scrape(MeshCompatibilityMode.AUTO);
    assertThat(cluster.asked)
        .hasSize(10)
        .contains("10.0.0.21", "10.0.0.22", "10.0.0.23", "10.0.0.24", "10.0.0.25");
  }

  @Test
  void goesOnToOtherPodsWhereSomeFail() throws Exception { // 55
    IntStream.range(0, 11).forEach(i -> cluster.failingPod(OLD, Kind.OTHER));
    IntStream.range(0, 19).forEach(i -> cluster.pod(YOUNG, 2));
    assertThat(scrape(MeshCompatibilityMode.AUTO).orElseThrow().averageConcurrentRequests())
        .isEqualTo(60);
    assertThat(cluster.asked).hasSize(22);
  }

  @Test
  void failsWhereTooFewPodsAnswer() {
    cluster.pod(OLD, 1).pod(OLD, 1).failingPod(OLD, Kind.MESH_LIKE);
    assertThatThrownBy(() -> scrape(MeshCompatibilityMode.AUTO))
        .hasMessage(
            "2 of 3 pods of default/hello-00001 answered, 3 were needed: pod 10.0.0.3 is out of"
                + " order");
    assertThat(cluster.asked).doesNotContain("hello-00001-private.default");
  }

  @Test
  void failsWhereNotOnlyAMeshAnswers() { // 56
    cluster
        .failingPod(OLD, Kind.MESH_LIKE)
        .failingPod(OLD, Kind.MESH_LIKE)
        .failingPod(OLD, Kind.MESH_LIKE)
        .failingPod(OLD, Kind.OTHER);
    assertThatThrownBy(() -> scrape(MeshCompatibilityMode.AUTO))
        .isInstanceOf(ScrapeFailedException.class);
    assertThat(cluster.asked).doesNotContain("hello-00001-private.default");
  }

  @Test
  void asksTheServiceFromThenOnWhereOnlyAMeshAnswers() throws Exception { // 56
    IntStream.range(0, 3).forEach(i -> cluster.failingPod(OLD, Kind.MESH_LIKE));
    Scraper scraper = scraper(MeshCompatibilityMode.AUTO);
    assertThat(scraper.scrape(FakeCluster.NOW, Duration.ofSeconds(60))).isPresent();
    cluster.asked.clear();
    assertThat(scraper.scrape(FakeCluster.NOW, Duration.ofSeconds(60))).isPresent();
    assertThat(cluster.asked).containsOnly("hello-00001-private.default");
  }

  @Test
  void neverAsksTheServiceWhereThereIsNoMesh() {
    cluster.failingPod(OLD, Kind.MESH_LIKE);
    assertThatThrownBy(() -> scrape(MeshCompatibilityMode.DISABLED))
        .isInstanceOf(ScrapeFailedException.class);
    assertThat(cluster.asked).containsExactly("10.0.0.1");
  }

  @Test
  void asksTheServiceUntilEnoughDifferentPodsAnswered() throws Exception { // 53: 11 pods, 7 asked
    IntStream.range(0, 11).forEach(i -> cluster.pod(OLD, 14));
    assertThat(scrape(MeshCompatibilityMode.ENABLED).orElseThrow().averageConcurrentRequests())
        .isEqualTo(154);
    assertThat(cluster.asked).hasSize(7).containsOnly("hello-00001-private.default");
  }

  @Test
  void takesYoungPodsWhereTheServiceHasNoOthers() throws Exception {
    IntStream.range(0, 3).forEach(i -> cluster.pod(YOUNG, 2));
    assertThat(scrape(MeshCompatibilityMode.ENABLED).orElseThrow().averageConcurrentRequests())
        .isEqualTo(6);
  }

  @Test
  void failsWhereTheServiceAlwaysLeadsToTheSamePod() {
    cluster.pod(OLD, 2);
    FakeCluster seen = new FakeCluster().pod(OLD, 1).pod(OLD, 1);
    Scraper scraper = scraper(MeshCompatibilityMode.ENABLED, seen, cluster);
    assertThatThrownBy(() -> scraper.scrape(FakeCluster.NOW, Duration.ofSeconds(60)))
        .hasMessage("did not receive stat from an unscraped pod")
        .extracting(each -> ((ScrapeFailedException) each).kind())
        .isEqualTo(Kind.NO_UNSEEN_POD);
  }

  @Test
  void hasNothingToSayWithoutPods() throws Exception {
    for (MeshCompatibilityMode mode : MeshCompatibilityMode.values()) {
      assertThat(scrape(mode)).as("mode %s", mode).isEmpty();
    }
  }

  @Test
  void failsWhileItIsNotKnownWhichPodsThereAre() {
    cluster.unknown();
    for (MeshCompatibilityMode mode : MeshCompatibilityMode.values()) {
      assertThatThrownBy(() -> scrape(mode)).hasMessage("failed to get endpoints");
    }
  }

  @Test
  void samplesDifferentPodsFromTimeToTime() throws Exception {
    IntStream.range(0, 100).forEach(i -> cluster.pod(OLD, 1));
    Scraper scraper = scraper(MeshCompatibilityMode.AUTO);
    scraper.scrape(FakeCluster.NOW, Duration.ofSeconds(60));
    List<String> first = cluster.asked.stream().sorted().toList();
    cluster.asked.clear();
    scraper.scrape(FakeCluster.NOW, Duration.ofSeconds(60));
    assertThat(cluster.asked.stream().sorted().toList())
        .as("seed %d", SEED)
        .hasSize(14)
        .isNotEqualTo(first);
  }

  private Optional<Stat> scrape(MeshCompatibilityMode mode) throws Exception {
    return scraper(mode).scrape(FakeCluster.NOW, Duration.ofSeconds(60));
  }

  private Scraper scraper(MeshCompatibilityMode mode) {
    return scraper(mode, cluster, cluster);
  }

  private Scraper scraper(MeshCompatibilityMode mode, PodWatch pods, StatSource source) {
    return new Scraper(
        new RevisionId("default", "hello-00001"),
        new ServiceId("default", "hello-00001-private"),
        mode,
        pods,
        source,
        workers,
        new Random(SEED));
  }
}
