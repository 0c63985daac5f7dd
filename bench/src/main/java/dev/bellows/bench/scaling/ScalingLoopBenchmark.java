package dev.bellows.bench.scaling;

import dev.bellows.api.config.NetworkConfig.MeshCompatibilityMode;
import dev.bellows.bench.Fleet;
import dev.bellows.controlplane.scaling.Decider;
import dev.bellows.controlplane.scaling.MetricCollector;
import dev.bellows.controlplane.scaling.MultiScaler;
import dev.bellows.controlplane.scaling.ScalingLoop;
import dev.bellows.controlplane.scrape.PodWatch;
import dev.bellows.controlplane.scrape.RevisionPods;
import dev.bellows.controlplane.scrape.RevisionPods.ReadyPod;
import dev.bellows.controlplane.scrape.Scraper;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does the whole loop cost with 100,000 Revisions? One operation is two seconds of life,
 * driven on a virtual clock as the production thread would be: each Revision's scrape comes up
 * twice and is decided about once. One in a hundred has a pod, whose scrape runs on a virtual
 * thread and is answered from memory; the others are at zero. Budget: 20 % of one core, which is
 * 400 ms.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 2,
    jvmArgs = {"-Xms1g", "-Xmx1g"})
public class ScalingLoopBenchmark {
  private static final int ONE_IN = 100;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Pods pods = new Pods();
  private final Stat stat = new Stat("pod", 5, 0, 50, 0, 3600, 0);
  private Instant now = Fleet.START;
  private final MetricCollector metrics =
      new MetricCollector(
          (revision, target) ->
              new Scraper(
                  revision,
                  target,
                  MeshCompatibilityMode.DISABLED,
                  pods,
                  (authority, connection) -> stat,
                  threads,
                  new SplittableRandom(1)),
          threads,
          () -> now,
          revision -> {});
  private final MultiScaler scaler = new MultiScaler(metrics, pods, revision -> {});
  private final ScalingLoop loop = new ScalingLoop(metrics, scaler, () -> now);

  @Setup
  public void create() {
    MetricSpec metric =
        new MetricSpec(Duration.ofSeconds(60), Duration.ofSeconds(6), "revision-private");
    DeciderSpec spec = Fleet.spec(Duration.ZERO);
    for (int i = 0; i < Fleet.REVISIONS; i++) {
      RevisionId id = new RevisionId("default", "revision-" + i);
      pods.add(id, i % ONE_IN == 0 ? 1 : 0);
      metrics.createOrUpdate(id, metric, Aggregation.LINEAR);
      scaler.createOrUpdate(new Decider(id, "", "c", id.name(), spec), OptionalInt.empty(), now);
      metrics.record(id, now, stat);
      if (i % (Fleet.REVISIONS / 200) == 0) {
        now = now.plusMillis(10); // as if they had been made over two seconds
      }
    }
  }

  @Benchmark
  public Instant twoSeconds() {
    Instant end = now.plusSeconds(2);
    while (now.isBefore(end)) {
      now = loop.step(now);
    }
    return now;
  }

  @TearDown
  public void close() {
    threads.close();
  }

  private static final class Pods implements PodWatch {
    private final Map<RevisionId, RevisionPods> pods = new HashMap<>();

    void add(RevisionId id, int ready) {
      ReadyPod pod = new ReadyPod(id.name(), "10.0.0.1", Instant.EPOCH);
      pods.put(id, ready == 0 ? RevisionPods.NONE : new RevisionPods(List.of(pod), 0, 0, 0));
    }

    @Override
    public Optional<RevisionPods> pods(RevisionId revision) {
      return Optional.ofNullable(pods.get(revision));
    }

    @Override
    public Address metricsAddress(ServiceId service, String podIp) {
      return new Address(podIp, 9090);
    }
  }
}
