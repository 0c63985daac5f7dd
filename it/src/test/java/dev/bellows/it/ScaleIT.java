package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.api.serving.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Many idle services on a real control plane: what they cost when they come, and when nothing
 * happens. {@code bench/cluster.sh} runs it with 500 of them.
 */
@BesideOthers
@ResourceLock(JoinedNodeProcess.NETWORK)
class ScaleIT {
  private static final int SERVICES = Integer.getInteger("scale.services", 40);
  private static final Duration IDLE = Duration.ofSeconds(Integer.getInteger("scale.idle", 15));
  private static final Duration PATIENCE = Duration.ofMinutes(8);
  private static final int CLIENTS = 8;

  /** Of the heap of the process that holds most, which is the control plane. */
  private static final long BYTES_PER_REVISION = 100 << 10;

  /** What a process comes to have whether there are many Revisions or few. */
  private static final long BYTES_ANYWAY = 1 << 20;

  /** Of all parts, until a Service is Ready. A quiet machine sees 36. */
  private static final long CALLS_PER_SERVICE = 100;

  private static final Pattern TOTAL = bytes("Total", "");

  /** Room between objects, which nobody holds. */
  private static final Pattern FILLERS =
      bytes("\\s*\\d+:", "\\s+\\[Ljdk\\.internal\\.vm\\.FillerElement;");

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;
  private final Map<String, Long> deployed = new ConcurrentHashMap<>();

  @Test
  void idleServicesCostNextToNothing() throws Exception {
    Command.require("kubectl");
    try (RealSystem system = RealSystem.start(directory)) {
      system
          .client()
          .configMaps()
          .inNamespace("knative-serving")
          .withName("config-autoscaler")
          .edit(map -> {
            map.getData().put("allow-zero-initial-scale", "true");
            return map;
          });
      apply(system, "first");
      awaitReady(system, 1);
      Map<String, Long> before = heaps(system);
      Map<String, Duration> cpuBefore = system.cpu();
      int callsBefore = lines(system).size();

      Map<String, Long> posted = new ConcurrentHashMap<>();
      try (var _ = system.client().apps().deployments().inNamespace("default").watch(seen());
          ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
        for (int i = 0; i < SERVICES; i++) {
          String name = "s" + i;
          var _ =
              clients.submit(() -> {
                posted.put(name, System.nanoTime());
                apply(system, name);
              });
        }
        await().atMost(PATIENCE).until(() -> deployed.keySet().containsAll(revisions()));
      }
      long[] waits =
          revisions().stream()
              .mapToLong(name -> deployed.get(name) - posted.get(name.replace("-00001", "")))
              .sorted()
              .toArray();
      awaitReady(system, SERVICES + 1);
      System.out.printf(
          "%d Services at once: Deployment after p50 %d ms, p99 %d ms; Ready all after %d ms%n",
          SERVICES,
          waits[SERVICES / 2] / 1_000_000,
          waits[(SERVICES * 99) / 100] / 1_000_000,
          (System.nanoTime() - Collections.min(posted.values())) / 1_000_000);
      system
          .cpu()
          .forEach((part, cpu) ->
              System.out.printf(
                  "%s: %.1f ms of CPU per Service%n",
                  part, cpu.minus(cpuBefore.get(part)).toMillis() / (double) SERVICES));
      Map<String, Long> callsFor = byName(calls(system, callsBefore));
      callsFor.forEach((call, count) -> {
        if (count >= SERVICES / 10) {
          System.out.printf("%s: %.1f per Service%n", call, count / (double) SERVICES);
        }
      });
      long callsOfAll = callsFor.values().stream().mapToLong(each -> each).sum();
      System.out.printf("calls of all: %.1f per Service%n", callsOfAll / (double) SERVICES);

      Map<String, Long> calls = idleCalls(system);
      long others =
          calls.entrySet().stream()
              .filter(each -> !isLease(each.getKey()))
              .mapToLong(Map.Entry::getValue)
              .sum();
      System.out.printf(
          "idle for %d s: %.2f calls a second beside Leases; %s%n",
          IDLE.toSeconds(), others / (double) IDLE.toSeconds(), calls);
      Map<String, Long> after = heaps(system);
      after.forEach((part, bytes) ->
          System.out.printf(
              "%s: %d KiB of heap, %.1f KiB per idle Revision; resident %d MiB%n",
              part,
              bytes >> 10,
              (bytes - before.get(part)) / 1024.0 / SERVICES,
              residentKib(system.pids().get(part)) >> 10));

      assertThat(others).as("calls in %s", IDLE).isLessThan(IDLE.toSeconds());
      assertThat(callsOfAll)
          .as("calls for %d Services", SERVICES)
          .isLessThan(SERVICES * CALLS_PER_SERVICE);
      after.forEach((part, bytes) ->
          assertThat(bytes - before.get(part))
              .as("heap of %s", part)
              .isLessThan(BYTES_ANYWAY + SERVICES * BYTES_PER_REVISION));
    }
  }

  private static List<String> revisions() {
    return IntStream.range(0, SERVICES).mapToObj(i -> "s" + i + "-00001").toList();
  }

  private Watcher<Deployment> seen() {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, Deployment found) {
        deployed.putIfAbsent(
            found.getMetadata().getName().replace("-deployment", ""), System.nanoTime());
      }

      @Override
      public void onClose(WatcherException cause) {}
    };
  }

  private static void apply(RealSystem system, String name) {
    system.client().resource(RealSystem.manifest(name, "initial-scale: \"0\"")).create();
  }

  private static void awaitReady(RealSystem system, int count) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(() ->
            system
                    .client()
                    .resources(Service.class)
                    .inNamespace("default")
                    .list()
                    .getItems()
                    .stream()
                    .filter(each -> each.getStatus() != null && each.getStatus().isTrue("Ready"))
                    .count()
                == count);
  }

  /** Bytes of living objects, by part. */
  private static Map<String, Long> heaps(RealSystem system) throws IOException {
    Map<String, Long> heaps = new TreeMap<>();
    for (Map.Entry<String, Long> part : system.pids().entrySet()) {
      String histogram =
          Command.of(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  part.getValue().toString(),
                  "GC.class_histogram")
              .run()
              .succeeded()
              .output();
      assertThat(histogram).containsPattern(TOTAL);
      heaps.put(part.getKey(), sum(TOTAL, histogram) - sum(FILLERS, histogram));
    }
    return heaps;
  }

  private static Pattern bytes(String before, String after) {
    return Pattern.compile("^" + before + "\\s+\\d+\\s+(\\d+)" + after, Pattern.MULTILINE);
  }

  private static long sum(Pattern bytes, String histogram) {
    return bytes
        .matcher(histogram)
        .results()
        .mapToLong(line -> Long.parseLong(line.group(1)))
        .sum();
  }

  private static long residentKib(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the parts ask of the API while nothing happens, by account, verb and kind. */
  private static Map<String, Long> idleCalls(RealSystem system) throws IOException {
    // What was begun by the last change comes to rest first.
    AtomicLong before = new AtomicLong(-1);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(5))
        .until(() -> {
          long now = calls(system, 0).stream().filter(call -> !isLease(call)).count();
          return before.getAndSet(now) == now;
        });
    int from = lines(system).size();
    await().during(IDLE).atMost(IDLE.plus(PATIENCE)).until(() -> true);
    return byName(calls(system, from));
  }

  private static Map<String, Long> byName(List<String> calls) {
    return calls.stream()
        .collect(Collectors.groupingBy(call -> call, TreeMap::new, Collectors.counting()));
  }

  private static boolean isLease(String call) {
    return call.endsWith(" leases");
  }

  private static List<String> lines(RealSystem system) throws IOException {
    try (Stream<String> lines = Files.lines(system.cluster().auditLog())) {
      return lines.toList();
    }
  }

  private static List<String> calls(RealSystem system, int from) throws IOException {
    List<String> calls = new ArrayList<>();
    List<String> lines = lines(system);
    for (String line : lines.subList(from, lines.size())) {
      JsonNode call = JSON.readTree(line);
      calls.add(
          call.at("/user/username").asText().replace("system:serviceaccount:knative-serving:", "")
              + " "
              + call.path("verb").asText()
              + " "
              + call.at("/objectRef/resource").asText());
    }
    return calls;
  }
}
