package dev.bellows.core.kpa;

import static dev.bellows.core.golden.Golden.close;
import static dev.bellows.core.golden.Golden.number;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.MetricCollection;
import dev.bellows.core.stat.Observation;
import dev.bellows.core.stat.Silence;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Windows, decision and a small world of pods, closed to a loop as the recording did it. */
class ClosedLoopVectorTest {

  @Test
  void theClosedLoopTakesTheCourseOfTheOriginal() {
    Golden.replay("closedloop", recorded -> new Loop(recorded).judge());
  }

  /** One tick as it is compared. */
  private record Tick(
      long atMillis,
      int ready,
      boolean noData,
      double stable,
      double panic,
      int desired,
      int ebc,
      boolean valid,
      int activators,
      boolean inPanic,
      int applied,
      int pods) {

    static Tick recorded(JsonNode recorded, int index) {
      return new Tick(
          recorded.get("tMs").get(index).longValue(),
          recorded.get("ready").get(index).intValue(),
          recorded.get("metricError").get(index).asText("").equals("noData"),
          number(recorded.get("stable").get(index)),
          number(recorded.get("panic").get(index)),
          recorded.get("desired").get(index).intValue(),
          recorded.get("ebc").get(index).intValue(),
          recorded.get("valid").get(index).intValue() == 1,
          recorded.get("activators").get(index).intValue(),
          recorded.get("inPanic").get(index).intValue() == 1,
          recorded.get("applied").get(index).intValue(),
          recorded.get("pods").get(index).intValue());
    }

    boolean agreesWith(Tick other) {
      return close(stable, other.stable)
          && close(panic, other.panic)
          && withoutLoad().equals(other.withoutLoad());
    }

    private Tick withoutLoad() {
      return new Tick(
          atMillis, ready, noData, 0, 0, desired, ebc, valid, activators, inPanic, applied, pods);
    }
  }

  private static final class Loop {
    private final JsonNode recorded;
    private final JsonNode sim;
    private final DeciderSpec spec;
    private final long start;
    private final MetricCollection metrics;
    private final Autoscaler autoscaler;
    // When each pod becomes ready, in ms after the start.
    private final List<Long> readyAt;
    private double backlog;
    private long zeroSince = -1;

    Loop(JsonNode recorded) {
      this.recorded = recorded;
      this.sim = recorded.get("sim");
      this.spec = RecordedSpec.read(recorded.get("spec"));
      this.start = recorded.get("startUnixMs").longValue();
      this.metrics =
          new MetricCollection(
              Aggregation.of(recorded.get("algorithm").textValue()),
              spec.stableWindow(),
              Duration.ofSeconds(recorded.get("panicWindowSec").longValue()),
              Silence.of(recorded.get("scrapeTarget").textValue()));
      int initialPods = sim.get("initialPods").intValue();
      this.readyAt = new ArrayList<>(Collections.nCopies(initialPods, 0L));
      this.autoscaler = new Autoscaler(at(0), spec, initialPods);
    }

    Verdict judge() {
      int ticks = 0;
      for (int second = 0; second < sim.get("seconds").intValue(); second++) {
        long millis = second * 1000L;
        int ready = (int) readyAt.stream().filter(each -> each <= millis).count();
        double before = backlog;
        serve(second, ready);
        if (!close(number(recorded.get("backlog").get(second)), before)) {
          return new Disagrees("second %d: backlog %s".formatted(second, before));
        }
        if (second % 2 == 0 && second > 0) {
          Tick expected = Tick.recorded(recorded, ticks);
          Tick actual = tick(millis, ready);
          if (!expected.agreesWith(actual)) {
            return new Disagrees("tick %d: expected %s, got %s".formatted(ticks, expected, actual));
          }
          ticks++;
        }
      }
      return ticks == recorded.get("tMs").size()
          ? new Agrees()
          : new Disagrees("%d of %d ticks".formatted(ticks, recorded.get("tMs").size()));
    }

    private void serve(int second, int ready) {
      double arrivals = number(recorded.get("arrivals").get(second));
      double serviceTime = number(sim.get("serviceTimeSec"));
      if (arrivals > 0 || backlog > 0 || ready > 0) {
        double concurrency = arrivals * serviceTime + backlog;
        metrics.record(at(second * 1000L), new Stat("all", concurrency, 0, arrivals, 0, 0, 0));
      }
      double served = ready * number(sim.get("concurrencyPerPod")) / serviceTime;
      backlog = Math.max(0, backlog + arrivals - served);
    }

    private Tick tick(long millis, int ready) {
      Instant now = at(millis);
      Observation observation =
          switch (spec.metric()) {
            case CONCURRENCY -> metrics.concurrencyAt(now);
            case RPS -> metrics.requestsPerSecondAt(now);
          };
      Observation.Load load =
          observation instanceof Observation.Load seen ? seen : new Observation.Load(0, 0);
      boolean noData = observation == Observation.Missing.NO_DATA;
      ScaleResult result = autoscaler.step(now, ready, observation);
      int activators = spec.numActivators(ready);
      boolean panicking = autoscaler.panicSince().isPresent();
      return switch (result) {
        case ScaleResult.Scale(int desired, int excess, Because because) -> {
          int applied = apply(millis, desired);
          yield new Tick(
              millis,
              ready,
              noData,
              load.stable(),
              load.panic(),
              desired,
              excess,
              true,
              activators,
              panicking,
              applied,
              readyAt.size());
        }
        case ScaleResult.Hold(Because because) ->
            new Tick(
                millis,
                ready,
                noData,
                0,
                0,
                0,
                0,
                false,
                activators,
                panicking,
                -1,
                readyAt.size());
      };
    }

    private int apply(long millis, int desired) {
      int max = sim.get("maxScale").intValue();
      int want = Math.max(desired, sim.get("minScale").intValue());
      if (max > 0) {
        want = Math.min(want, max);
      }
      if (want > 0) {
        zeroSince = -1;
      } else {
        if (zeroSince < 0) {
          zeroSince = millis;
        }
        if (millis - zeroSince < sim.get("zeroGraceMs").longValue()) {
          want = Math.min(1, readyAt.size());
        }
      }
      while (readyAt.size() < want) {
        readyAt.add(millis + sim.get("startupDelayMs").longValue());
      }
      readyAt.sort(null);
      while (readyAt.size() > want) {
        readyAt.removeLast();
      }
      return want;
    }

    private Instant at(long millis) {
      return Instant.ofEpochMilli(start + millis);
    }
  }
}
