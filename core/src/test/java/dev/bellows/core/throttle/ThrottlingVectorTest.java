package dev.bellows.core.throttle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.route.Address;
import dev.bellows.core.stat.ScrapeSample;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.throttle.RevisionThrottler.Assignment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Replays what Knative's breaker, throttler and scraper arithmetic decided. */
class ThrottlingVectorTest {
  @Test
  void throttlesAsRecorded() {
    Golden.replay("throttling", ThrottlingVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    JsonNode in = recorded.path("in");
    JsonNode out = recorded.path("out");
    return switch (recorded.path("kind").asText()) {
      case "sampleSize" ->
          same(out.intValue(), ScrapeSample.sizeFor(in.path("population").intValue()));
      case "scrapeAverage" -> scrapeAverage(in, out);
      case "assignSlice" ->
          same(
              texts(out),
              PodSubset.of(
                  texts(in.path("pods")),
                  index(in.path("selfIndex").intValue()),
                  in.path("numActivators").intValue()));
      case "inferIndex" ->
          same(
              index(out.intValue()),
              PodSubset.indexOf(texts(in.path("activators")), in.path("ip").asText()));
      case "calculateCapacity" ->
          same(
              out.intValue(),
              Capacity.of(
                  in.path("containerConcurrency").intValue(),
                  in.path("backendCount").intValue(),
                  in.path("numTrackers").intValue(),
                  in.path("activatorCount").intValue()));
      case "throttler" -> throttler(in, out);
      case "breaker" -> breaker(in, out);
      default -> new Disagrees("unknown kind");
    };
  }

  private static Verdict scrapeAverage(JsonNode in, JsonNode out) {
    List<Stat> answers =
        in.path("stats")
            .valueStream()
            .map(each ->
                new Stat(
                    "",
                    each.path(0).doubleValue(),
                    each.path(1).doubleValue(),
                    each.path(2).doubleValue(),
                    each.path(3).doubleValue(),
                    0,
                    0))
            .toList();
    Stat all =
        ScrapeSample.extrapolate(
            answers, in.path("sampleSize").intValue(), in.path("population").intValue());
    double[] actual = {
      all.averageConcurrentRequests(),
      all.averageProxiedConcurrentRequests(),
      all.requestCount(),
      all.proxiedRequestCount()
    };
    for (int i = 0; i < actual.length; i++) {
      if (!Golden.close(Golden.number(out.path("stat").path(i)), actual[i])) {
        return new Disagrees("expected %s, got %s".formatted(out, all));
      }
    }
    return same(out.path("podName").asText(), all.podName());
  }

  private static Verdict throttler(JsonNode in, JsonNode out) {
    int containerConcurrency = in.path("containerConcurrency").intValue();
    RevisionThrottler throttler =
        new RevisionThrottler(containerConcurrency, in.path("selfIP").asText());
    Map<Integer, PodTracker> open = new HashMap<>();
    for (int i = 0; i < in.path("ops").size(); i++) {
      JsonNode op = in.path("ops").path(i);
      String actual =
          switch (op.path(0).asText()) {
            case "dests" ->
                recorded(containerConcurrency, throttler.useDestinations(addresses(op.path(1))));
            case "clusterIP" ->
                recorded(
                    containerConcurrency,
                    throttler.useClusterIp(Address.parse(op.path(1).asText()), op.path(2).size()));
            case "activators" ->
                recorded(containerConcurrency, throttler.useActivators(texts(op.path(1))));
            case "acquire" -> {
              // The recording asked for the choice alone, without the limit of the Revision that
              // upstream counts before it and ours counts in acquire.
              PodTracker place = throttler.choose(new Random(i));
              if (place != null) {
                open.put(op.path(1).intValue(), place);
              }
              yield place == null ? "null" : "\"" + place.address() + "\"";
            }
            case "release" -> {
              PodTracker place = open.remove(op.path(1).intValue());
              if (place != null) {
                throttler.release(place);
              }
              yield "null";
            }
            default -> throw new AssertionError("unknown operation " + op);
          };
      if (!actual.equals(out.path(i).toString())) {
        return new Disagrees("op %d %s: expected %s, got %s".formatted(i, op, out.path(i), actual));
      }
    }
    return new Agrees();
  }

  private static String recorded(int containerConcurrency, Assignment assignment) {
    int capacity = assignment.capacity();
    return "{\"capacity\":%d,\"assigned\":[%s],\"index\":%d,\"activators\":%d}"
        .formatted(
            // The original's gate for an unlimited concurrency only knows open (1) and shut (0).
            containerConcurrency == 0 ? Math.min(capacity, 1) : capacity,
            assignment.pods().stream()
                .map(pod -> "\"" + pod.address() + "\"")
                .collect(Collectors.joining(",")),
            assignment.selfIndex().orElse(-1),
            assignment.activators());
  }

  private static List<Address> addresses(JsonNode node) {
    return node.valueStream().map(each -> Address.parse(each.asText())).toList();
  }

  private static List<String> texts(JsonNode node) {
    return node.valueStream().map(JsonNode::asText).toList();
  }

  private static OptionalInt index(int recorded) {
    return recorded < 0 ? OptionalInt.empty() : OptionalInt.of(recorded);
  }

  private static Verdict same(Object expected, Object actual) {
    return expected.equals(actual)
        ? new Agrees()
        : new Disagrees("expected %s, got %s".formatted(expected, actual));
  }

  private static Verdict breaker(JsonNode in, JsonNode out) {
    Breaker breaker =
        new Breaker(
            in.path("queueDepth").intValue(),
            in.path("maxConcurrency").intValue(),
            in.path("initialCapacity").intValue());
    int reserved = 0;
    for (int i = 0; i < in.path("ops").size(); i++) {
      JsonNode op = in.path("ops").path(i);
      String result =
          switch (op.path(0).asText()) {
            case "maybe" ->
                switch (breaker.admit()) {
                  case Admission.Admitted() -> "\"running\"";
                  case Admission.Queued() -> "\"waiting\"";
                  case Admission.Rejected _ -> "\"full\"";
                };
            case "finish" -> {
              breaker.release();
              yield "\"ok\"";
            }
            case "cancel" -> {
              breaker.cancel();
              yield "\"cancelled\"";
            }
            case "reserve" -> {
              boolean runs = breaker.reserve();
              reserved += runs ? 1 : 0;
              yield Boolean.toString(runs);
            }
            case "release" -> {
              breaker.release();
              reserved--;
              yield "\"ok\"";
            }
            case "resize" -> {
              breaker.resize(op.path(1).intValue());
              yield "\"ok\"";
            }
            default -> throw new AssertionError("unknown operation " + op);
          };
      String actual =
          "[%s,%d,%d,%d,%d]"
              .formatted(
                  result,
                  breaker.inFlight(),
                  breaker.running() - reserved,
                  breaker.waiting(),
                  breaker.capacity());
      if (!actual.equals(out.path(i).toString())) {
        return new Disagrees("op %d %s: expected %s, got %s".formatted(i, op, out.path(i), actual));
      }
    }
    return new Agrees();
  }
}
