package dev.bellows.bench.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.apiserver.Watch;
import dev.bellows.embedded.apiserver.WatchEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long is a plain pod on its way from its object to a Ready status, how many start in a second,
 * and do ten thousand of them leave anything behind? Store, API registry, controllers and kubelet
 * run in this process; the pods are native programs.
 *
 * <p>Expected, on two cores: Ready within 15 ms in the median, 100 pods/s for ten seconds without a
 * growing backlog, 500 at once in a few seconds; after 10,000 pods, 50 at a time, the same number
 * of processes, descriptors and threads as before, and no more memory.
 */
public final class PodStarts implements AutoCloseable {
  private static final int ONE_BY_ONE = 300;
  private static final int PER_SECOND = 100;
  private static final int SECONDS = 10;
  private static final int AT_ONCE = 500;
  private static final int CHURN = Integer.getInteger("churn", 10_000);
  private static final int IDLE_SECONDS = 65;
  private static final int CHURN_WIDTH = 50;
  private static final long PATIENCE_SECONDS = 120;

  private static final String PLAIN =
      """
      {"spec": {"terminationGracePeriodSeconds": 1, "containers": [
        {"name": "main", "image": "sleep"}]}}
      """;
  private static final String PROBED =
      """
      {"spec": {"terminationGracePeriodSeconds": 1, "containers": [
        {"name": "main", "image": "httpd", "ports": [{"containerPort": 8080}],
         "readinessProbe": {"httpGet": {"path": "/index.html", "port": 8080}}}]}}
      """;

  private final OneNode node;
  private final Map<String, Life> lives = new ConcurrentHashMap<>();
  private final Watch watch;
  private int made;

  /** One pod's way, as somebody who watches pods sees it. */
  private static final class Life {
    private final long created = System.nanoTime();
    private final CountDownLatch ready = new CountDownLatch(1);
    private final CountDownLatch gone = new CountDownLatch(1);
    private volatile long readyAt;

    private double millis() {
      return (readyAt - created) / 1e6;
    }
  }

  private PodStarts() throws IOException {
    node = new OneNode();
    long now = node.registry().list(ResourceTypes.PODS, null).resourceVersion();
    watch = node.registry().watch(ResourceTypes.PODS, null, now, this::seen);
  }

  /** Prints a line per figure; arguments choose among one, rate, burst and churn. */
  public static void main(String[] arguments) throws Exception {
    List<String> wanted =
        arguments.length == 0 ? List.of("one", "rate", "burst", "churn") : List.of(arguments);
    try (PodStarts pods = new PodStarts()) {
      pods.oneByOne("warm-up", PROBED);
      pods.oneByOne("warm-up", PLAIN);
      if (wanted.contains("one")) {
        pods.oneByOne("one by one, no probe", PLAIN);
        pods.oneByOne("one by one, HTTP readiness probe", PROBED);
      }
      if (wanted.contains("rate")) {
        pods.sustained("no probe", PLAIN);
        pods.sustained("HTTP readiness probe", PROBED);
      }
      if (wanted.contains("burst")) {
        pods.atOnce("no probe", PLAIN);
        pods.atOnce("HTTP readiness probe", PROBED);
      }
      if (wanted.contains("churn")) {
        pods.churn();
      }
    }
    System.exit(0);
  }

  private void seen(WatchEvent event) {
    Life life = lives.get(event.object().path("metadata").path("name").asText());
    if (life == null) {
      return;
    }
    switch (event.type()) {
      case ADDED, MODIFIED -> {
        if (life.readyAt == 0 && isReady(event.object())) {
          life.readyAt = System.nanoTime();
          life.ready.countDown();
        }
      }
      case DELETED -> life.gone.countDown();
      case ERROR -> throw new IllegalStateException("the watch fell behind: " + event.object());
    }
  }

  private static boolean isReady(ObjectNode pod) {
    for (JsonNode condition : pod.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  private String create(String manifest) throws IOException {
    String name = "p" + made++;
    ObjectNode pod = JsonNodeFactory.instance.objectNode();
    pod.setAll(OneNode.object(manifest));
    pod.putObject("metadata").put("name", name).put("namespace", "default");
    lives.put(name, new Life());
    node.registry().create(ResourceTypes.PODS, pod);
    return name;
  }

  private void delete(String name) {
    node.registry().delete(ResourceTypes.PODS, "default", name, DeleteOptions.DEFAULT);
  }

  private Life life(String name) {
    return Optional.ofNullable(lives.get(name)).orElseThrow();
  }

  private Life awaitReady(String name) throws InterruptedException {
    Life life = life(name);
    await(life.ready, name + " is not ready");
    return life;
  }

  private void awaitGone(String name) throws InterruptedException {
    await(life(name).gone, name + " is not gone");
    lives.remove(name);
  }

  private static void await(CountDownLatch latch, String otherwise) throws InterruptedException {
    if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(otherwise + " after " + PATIENCE_SECONDS + " s");
    }
  }

  private void end(List<String> names) throws InterruptedException {
    for (String name : names) {
      delete(name);
    }
    for (String name : names) {
      awaitGone(name);
    }
  }

  private void oneByOne(String what, String manifest) throws Exception {
    double[] millis = new double[ONE_BY_ONE];
    for (int i = 0; i < ONE_BY_ONE; i++) {
      String name = create(manifest);
      millis[i] = awaitReady(name).millis();
      delete(name);
      awaitGone(name);
    }
    print(what, millis);
  }

  private void sustained(String what, String manifest) throws Exception {
    List<String> names = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < PER_SECOND * SECONDS; i++) {
      long due = start + i * (1_000_000_000L / PER_SECOND);
      LockSupport.parkNanos(due - System.nanoTime());
      names.add(create(manifest));
    }
    double[] millis = millis(names);
    double seconds = (System.nanoTime() - start) / 1e9;
    print(PER_SECOND + " pods/s for " + SECONDS + " s, " + what, millis);
    System.out.printf(
        "  %.0f pods/s from the first object to the last Ready%n", names.size() / seconds);
    end(names);
  }

  private double[] millis(List<String> names) throws InterruptedException {
    double[] millis = new double[names.size()];
    for (int i = 0; i < millis.length; i++) {
      millis[i] = awaitReady(names.get(i)).millis();
    }
    return millis;
  }

  private void atOnce(String what, String manifest) throws Exception {
    List<String> names = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < AT_ONCE; i++) {
      names.add(create(manifest));
    }
    double[] millis = millis(names);
    double seconds = (System.nanoTime() - start) / 1e9;
    print(AT_ONCE + " pods at once, " + what, millis);
    System.out.printf("  all Ready after %.1f s, %.0f pods/s%n", seconds, AT_ONCE / seconds);
    end(names);
  }

  private void churn() throws Exception {
    System.out.printf("churn: %d pods, %d at a time%n", CHURN, CHURN_WIDTH);
    footprint("before");
    Semaphore places = new Semaphore(CHURN_WIDTH);
    long start = System.nanoTime();
    for (int i = 0; i < CHURN; i++) {
      places.acquire();
      String name = create(i % 2 == 0 ? PLAIN : PROBED);
      Thread.ofVirtual()
          .start(() -> {
            try {
              awaitReady(name);
              delete(name);
              awaitGone(name);
              places.release();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      if ((i + 1) % (CHURN / 5) == 0) {
        footprint("after " + (i + 1));
      }
    }
    if (!places.tryAcquire(CHURN_WIDTH, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("pods are left");
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    TimeUnit.SECONDS.sleep(3); // descriptors of the last ones go
    footprint("at the end");
    threads();
    // The JDK keeps a thread that has waited for a process, or carried virtual ones, for a minute.
    TimeUnit.SECONDS.sleep(IDLE_SECONDS);
    footprint("a minute on");
    threads();
    System.out.printf("  %.0f pods/s came and went%n", CHURN / seconds);
  }

  /** How many threads there are of each name, numbers left out. */
  private static void threads() throws IOException {
    Map<String, Integer> names = new TreeMap<>();
    try (var tasks = Files.list(Path.of("/proc/self/task"))) {
      for (Path task : tasks.toList()) {
        String name = Files.readString(task.resolve("comm")).strip().replaceAll("[0-9]+", "N");
        names.merge(name, 1, Integer::sum);
      }
    }
    System.out.println("    threads: " + names);
  }

  private static void footprint(String when) throws IOException {
    System.gc();
    long descriptors;
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      descriptors = open.count();
    }
    System.out.printf(
        "  %-12s %d processes, %d descriptors, %s threads, %d MB resident%n",
        when + ":",
        ProcessHandle.current().descendants().count(),
        descriptors,
        status("Threads"),
        Long.parseLong(status("VmRSS")) * 1024 / 1_000_000);
  }

  private static String status(String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(field + ":")) {
        return line.replaceAll("[^0-9]", "");
      }
    }
    throw new IllegalStateException("no " + field + " in /proc/self/status");
  }

  private static void print(String what, double[] millis) {
    Arrays.sort(millis);
    System.out.printf(
        "%s: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, longest %.1f ms%n",
        what,
        millis[millis.length / 2],
        millis[millis.length * 95 / 100],
        millis[millis.length * 99 / 100],
        millis[millis.length - 1]);
  }

  @Override
  public void close() throws IOException {
    watch.close();
    node.close();
  }
}
