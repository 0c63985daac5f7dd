package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What pods leave behind that have all that a pod can have as root: a network, mounts, limits, a
 * probe, an init container. With some hundreds, or with {@code -Dchurn=10000} as many as come and
 * go in a day.
 */
class PodLeaksIT {
  private static final int CHURN = Integer.getInteger("churn", 200);
  private static final int AT_ONCE = Integer.getInteger("churn.width", 50);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Threads that the JVM starts and ends as it sees fit, and those that it keeps for a while. */
  private static final List<String> OF_THE_JVM =
      List.of("process reaper", "ForkJoinPool", "C1 Compiler", "C2 Compiler", "GC Thread");

  /** Resident memory may grow by this much after the first pods: the heap's, within its bound. */
  private static final long MAX_GROWTH_KIB = 200 << 10;

  @TempDir private Path directory;
  private final Map<String, Life> lives = new ConcurrentHashMap<>();

  /** A pod's way, as somebody who watches sees it. */
  private record Life(CountDownLatch ready, CountDownLatch gone) {
    Life() {
      this(new CountDownLatch(1), new CountDownLatch(1));
    }
  }

  @Test
  void podsThatHaveGoneHaveLeftNothing() throws Exception {
    Command.requireRoot();
    Command.require("busybox");
    Command.require("ip");
    Path data = directory.resolve("data");
    try (BellowsProcess bellows = BellowsProcess.start(data, "--network", "namespaces")) {
      bellows.bellows("image", "add", "dev.local/box", "--", "busybox", "sh", "-c").succeeded();
      Config config = Config.fromKubeconfig(bellows.kubeconfig().toFile());
      try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
          var watch = client.pods().inNamespace("default").watch(new Lives())) {
        client
            .configMaps()
            .inNamespace("default")
            .resource(
                new ConfigMapBuilder()
                    .withNewMetadata()
                    .withName("words")
                    .endMetadata()
                    .addToData("index.html", "hello")
                    .build())
            .create();
        churn(client, 0, AT_ONCE);
        long pid = bellows.handle().pid();
        Awaitility.await().atMost(PATIENCE).until(() -> noProgramRuns(pid));
        Footprint before = Footprint.of(pid, data);
        System.out.println("PodLeaksIT: before: " + before);
        long start = System.nanoTime();
        for (int part = 0; part < 5; part++) {
          churn(client, AT_ONCE + part * CHURN / 5, CHURN / 5);
          System.out.printf(
              "PodLeaksIT: after %d: %s%n", (part + 1) * CHURN / 5, Footprint.of(pid, data));
        }
        System.out.printf(
            "PodLeaksIT: %d pods came and went in %d s%n",
            CHURN, (System.nanoTime() - start) / 1_000_000_000);
        Awaitility.await()
            .atMost(PATIENCE)
            .untilAsserted(
                () -> assertThat(Footprint.of(pid, data).counts()).isEqualTo(before.counts()));
        Footprint after = Footprint.of(pid, data);
        System.out.println("PodLeaksIT: at the end: " + after);
        assertThat(after.residentKib()).isLessThan(before.residentKib() + MAX_GROWTH_KIB);
        assertThat(watch).isNotNull();
      }
    }
  }

  private static boolean noProgramRuns(long pid) {
    return ProcessHandle.of(pid).stream()
        .flatMap(ProcessHandle::descendants)
        .noneMatch(process -> process.info().command().orElse("").contains("busybox"));
  }

  private void churn(KubernetesClient client, int first, int count) throws Exception {
    Semaphore places = new Semaphore(AT_ONCE);
    List<Future<?>> done = new ArrayList<>();
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = first; i < first + count; i++) {
        String name = "pod-" + i;
        boolean probed = i % 2 == 0;
        places.acquire();
        done.add(
            each.submit(() -> {
              try {
                live(client, pod(name, probed));
              } finally {
                places.release();
              }
              return null;
            }));
      }
    }
    for (Future<?> one : done) {
      one.get();
    }
  }

  private void live(KubernetesClient client, Pod pod) throws InterruptedException {
    String name = pod.getMetadata().getName();
    Life life = new Life();
    lives.put(name, life);
    client.pods().inNamespace("default").resource(pod).create();
    assertThat(life.ready().await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as("%s is ready", name)
        .isTrue();
    client.pods().inNamespace("default").withName(name).delete();
    assertThat(life.gone().await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as("%s is gone", name)
        .isTrue();
    lives.remove(name);
  }

  private static Pod pod(String name, boolean probed) {
    PodBuilder pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .endMetadata()
            .withNewSpec()
            .withTerminationGracePeriodSeconds(1L)
            .addNewInitContainer()
            .withName("first")
            .withImage("dev.local/box")
            .withArgs("echo $HOSTNAME > /scratch/made")
            .addNewVolumeMount()
            .withName("scratch")
            .withMountPath("/scratch")
            .endVolumeMount()
            .endInitContainer()
            .addNewVolume()
            .withName("words")
            .withNewConfigMap()
            .withName("words")
            .endConfigMap()
            .endVolume()
            .addNewVolume()
            .withName("scratch")
            .withNewEmptyDir()
            .endEmptyDir()
            .endVolume()
            .addNewContainer()
            .withName("main")
            .withImage("dev.local/box")
            .withArgs("test -s /scratch/made && exec busybox httpd -f -p 8080 -h /words")
            .addNewVolumeMount()
            .withName("words")
            .withMountPath("/words")
            .endVolumeMount()
            .addNewVolumeMount()
            .withName("scratch")
            .withMountPath("/scratch")
            .endVolumeMount()
            .withNewResources()
            .addToLimits("memory", new Quantity("64Mi"))
            .addToLimits("cpu", new Quantity("500m"))
            .endResources()
            .endContainer()
            .endSpec();
    if (probed) {
      pod =
          pod.editSpec()
              .editFirstContainer()
              .withNewReadinessProbe()
              .withNewHttpGet()
              .withPath("/index.html")
              .withNewPort(8080)
              .endHttpGet()
              .endReadinessProbe()
              .endContainer()
              .endSpec();
    }
    return pod.build();
  }

  private final class Lives implements Watcher<Pod> {
    @Override
    public void eventReceived(Action action, Pod pod) {
      Optional.ofNullable(lives.get(pod.getMetadata().getName()))
          .ifPresent(life -> {
            if (action == Action.DELETED) {
              life.gone().countDown();
            } else if (Readiness.isPodReady(pod)) {
              life.ready().countDown();
            }
          });
    }

    @Override
    public void onClose(WatcherException cause) {
      System.out.println("PodLeaksIT: the watch has ended: " + cause);
    }
  }

  /**
   * What one Bellows has of the machine.
   *
   * @param counts of what must be as many afterwards as before
   */
  private record Footprint(Map<String, Long> counts, long residentKib) {
    static Footprint of(long pid, Path data) throws IOException {
      Map<String, Long> counts = new TreeMap<>();
      counts.put(
          "processes", ProcessHandle.of(pid).stream().flatMap(ProcessHandle::descendants).count());
      counts.put("descriptors", entries(proc(pid, "fd")));
      counts.put("threads", ofThreads(pid));
      counts.put("network namespaces", networks(pid));
      counts.put("mounts", lines(proc(pid, "mountinfo")));
      counts.put("mounts of the machine", lines(Path.of("/proc/self/mountinfo")));
      counts.put("control groups", groups(data));
      counts.put("volumes", entries(data.resolve("volumes")));
      counts.put("logs", entries(data.resolve("logs")));
      counts.put("running", entries(data.resolve("runtime/running")));
      return new Footprint(counts, status(pid, "VmRSS"));
    }

    private static Path proc(long pid, String file) {
      return Path.of("/proc/" + pid + "/" + file);
    }

    private static long entries(Path directory) throws IOException {
      try (Stream<Path> entries = Files.list(directory)) {
        return entries.count();
      } catch (NoSuchFileException e) {
        return 0;
      }
    }

    private static long lines(Path file) throws IOException {
      try (Stream<String> lines = Files.lines(file)) {
        return lines.count();
      }
    }

    private static long ofThreads(long pid) throws IOException {
      long count = 0;
      try (Stream<Path> tasks = Files.list(proc(pid, "task"))) {
        for (Path task : tasks.toList()) {
          String name = name(task);
          count += OF_THE_JVM.stream().anyMatch(name::startsWith) || name.isEmpty() ? 0 : 1;
        }
      }
      return count;
    }

    private static String name(Path task) {
      try {
        return Files.readString(task.resolve("comm")).strip();
      } catch (IOException e) {
        return ""; // it has just ended
      }
    }

    /** Network namespaces that a thread or descriptor of the process holds. */
    private static long networks(long pid) throws IOException {
      Set<String> found = new TreeSet<>();
      for (String place : List.of("fd", "task")) {
        try (Stream<Path> all = Files.list(proc(pid, place))) {
          for (Path each : all.toList()) {
            String link = link(place.equals("fd") ? each : each.resolve("ns/net"));
            if (link.startsWith("net:[")) {
              found.add(link);
            }
          }
        }
      }
      return found.size();
    }

    private static String link(Path file) {
      try {
        return Files.readSymbolicLink(file).toString();
      } catch (IOException e) {
        return ""; // closed meanwhile
      }
    }

    private static long groups(Path data) throws IOException {
      String id = Files.readString(data.resolve("runtime/runtime-id")).strip();
      try (Stream<Path> all = Files.find(Path.of("/sys/fs/cgroup"), 8, (p, a) -> a.isDirectory())) {
        return all.filter(path -> path.toString().contains("bellows-" + id)).count();
      } catch (UncheckedIOException e) {
        return -1; // one has just gone; whoever compares looks again
      }
    }

    private static long status(long pid, String field) throws IOException {
      for (String line : Files.readAllLines(proc(pid, "status"), StandardCharsets.ISO_8859_1)) {
        if (line.startsWith(field + ":")) {
          return Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
      throw new IOException("no " + field + " of process " + pid);
    }
  }
}
