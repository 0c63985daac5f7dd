package dev.bellows.app.demo;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.bellows.app.wiring.Bellows;
import dev.bellows.core.revision.RevisionId;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A real run of the whole system in a throw-away directory: a service is applied, loaded, and left
 * alone until it is gone, then woken by one request.
 */
public final class Demo {
  private static final Duration SAMPLE_EVERY = Duration.ofMillis(200);
  private static final Duration READY_LIMIT = Duration.ofSeconds(30);
  private static final Duration ZERO_SLACK = Duration.ofSeconds(30);
  private static final String SERVICE = "autoscale";
  private static final String NAMESPACE = "default";

  /**
   * What to do.
   *
   * @param program command and arguments to run instead of the built-in service; empty = built-in
   * @param concurrency requests kept in flight
   * @param load how long
   * @param window the autoscaler's stable window, shortened so that the way back to zero is short
   */
  public record Plan(List<String> program, int concurrency, Duration load, Duration window) {
    public Plan {
      program = List.copyOf(program);
    }
  }

  /**
   * What came of it.
   *
   * @param requests requests sent, the last one from zero included
   * @param failed requests not answered with 200
   * @param peakReadyPods most pods that were ready at once
   * @param coldStartMillis how long the one request from zero took
   * @param returnedToZero whether no pod was left some time after the load ended
   * @param secondsToZero from the last answer of the load until no pod was wanted
   * @param p50Millis median latency under load
   * @param p99Millis 99th percentile of the latency under load
   * @param problem what did not work; empty if all did
   */
  public record Outcome(
      long requests,
      long failed,
      int peakReadyPods,
      double coldStartMillis,
      boolean returnedToZero,
      double secondsToZero,
      double p50Millis,
      double p99Millis,
      @JsonProperty("problem") String problem) {
    /** Whether everything worked. */
    public boolean succeeded() {
      return problem.isEmpty();
    }
  }

  private final Plan plan;
  private final PrintStream out;
  private final Optional<Terminal> terminal;
  private final List<Sample> samples = new ArrayList<>();

  /**
   * @param plan what to do
   * @param out where the chart and the plain words go
   * @param terminal what {@code out} is shown on; empty = it understands no cursor movement
   */
  public Demo(Plan plan, PrintStream out, Optional<Terminal> terminal) {
    this.plan = plan;
    this.out = out;
    this.terminal = terminal;
  }

  /** Runs it once; afterwards, and also after Ctrl-C, nothing of it is left on the machine. */
  public Outcome run() throws IOException, InterruptedException {
    LiveChart chart = new LiveChart(out, terminal);
    try (ThrowAwayBellows started = ThrowAwayBellows.start(() -> stopping(chart));
        KubernetesClient client = started.bellows().newClient()) {
      return run(
          started.bellows(), new DemoService(client, started.bellows(), NAMESPACE, SERVICE), chart);
    }
  }

  /**
   * Does what a run does first, and nothing that takes long: so that the JVM can record which
   * classes a start needs.
   */
  public void rehearse() throws IOException, InterruptedException {
    try (ThrowAwayBellows started = ThrowAwayBellows.start(() -> {});
        KubernetesClient client = started.bellows().newClient()) {
      DemoService service = new DemoService(client, started.bellows(), NAMESPACE, SERVICE);
      service.apply(plan.program(), plan.window());
      if (service.awaitReady(READY_LIMIT).isEmpty()) {
        service.look(service.revision(), 0, 0);
        try (LoadGenerator load =
            new LoadGenerator(started.bellows().gatewayUrl(), service.host())) {
          load.run(plan.concurrency(), plan.load());
        }
      }
    }
  }

  private void stopping(LiveChart chart) {
    chart.leave();
    out.println("\nStopping: requests in flight get 3 s, then all of it is removed ...");
  }

  /** The run as a picture; valid after {@link #run}. */
  public String svg(Outcome outcome) {
    return new Plot(
            samples,
            plan.concurrency() + " concurrent requests, from one pod to many and back to zero",
            String.format(
                Locale.ROOT,
                "%,d requests, %d failed; up to %d pods (10 requests at once each, aimed at 70 %%);"
                    + " window %d s; from zero in %.0f ms",
                outcome.requests(),
                outcome.failed(),
                outcome.peakReadyPods(),
                plan.window().toSeconds(),
                outcome.coldStartMillis()))
        .svg();
  }

  private Outcome run(Bellows bellows, DemoService service, LiveChart chart)
      throws InterruptedException {
    out.printf(
        """
        Bellows runs; applying a service for 10 requests at once
        per pod. Not default: window %d s instead of 60 s. Zero
        comes that long after the load, but no sooner than %d s
        after the start (scale-to-zero-grace-period).

        """,
        plan.window().toSeconds(), bellows.scaleToZeroGracePeriod().toSeconds());
    service.apply(plan.program(), plan.window());
    String notReady = service.awaitReady(READY_LIMIT);
    if (!notReady.isEmpty()) {
      return nothingRan("the service did not become ready: " + notReady);
    }
    RevisionId revision = service.revision();
    URI url = bellows.gatewayUrl().resolve(plan.program().isEmpty() ? "/?sleep=100" : "/");
    try (LoadGenerator load = new LoadGenerator(url, service.host());
        ScheduledExecutorService sampler = Executors.newSingleThreadScheduledExecutor()) {
      long began = System.nanoTime();
      var _ =
          sampler.scheduleAtFixedRate(
              () -> sample(service, revision, load, began, chart),
              0,
              SAMPLE_EVERY.toMillis(),
              TimeUnit.MILLISECONDS);
      load.run(plan.concurrency(), plan.load());
      double p50 = load.latencyMillis(50);
      double p99 = load.latencyMillis(99);
      long loadEnded = System.nanoTime();
      boolean returned =
          service.awaitNoPods(
              plan.window().plus(bellows.scaleToZeroGracePeriod()).plus(ZERO_SLACK));
      double secondsToZero = (System.nanoTime() - loadEnded) / 1e9;
      double coldStartMillis = returned ? load.once().toNanos() / 1e6 : 0;
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos()); // so that the picture shows the wake
      sampler.shutdown();
      sampler.awaitTermination(5, TimeUnit.SECONDS);
      chart.leave();
      int peak = peakReadyPods();
      return new Outcome(
          load.answered() + load.failed(),
          load.failed(),
          peak,
          coldStartMillis,
          returned,
          secondsToZero,
          p50,
          p99,
          problem(load, peak, returned));
    }
  }

  private String problem(LoadGenerator load, int peak, boolean returned) {
    if (load.failed() > 0) {
      var worst = load.failures().entrySet().iterator().next();
      return "%d of %d requests failed, for instance with %s"
          .formatted(load.failed(), load.answered() + load.failed(), worst.getKey());
    }
    if (peak < 2 && plan.concurrency() > 10) {
      return "it never had more than " + peak + " pods ready";
    }
    return returned ? "" : "it did not return to zero";
  }

  private Outcome nothingRan(String problem) {
    samples.add(new Sample(0, 0, 0, 0, Sample.Mode.PROXY, false));
    return new Outcome(0, 0, 0, 0, false, 0, 0, 0, problem);
  }

  private void sample(
      DemoService service, RevisionId revision, LoadGenerator load, long began, LiveChart chart) {
    Sample sample = service.look(revision, (System.nanoTime() - began) / 1e9, load.inFlight());
    synchronized (samples) {
      samples.add(sample);
    }
    chart.show(sample, load.answered(), load.failed());
  }

  private int peakReadyPods() {
    synchronized (samples) {
      return samples.stream().mapToInt(Sample::readyPods).max().orElse(0);
    }
  }
}
