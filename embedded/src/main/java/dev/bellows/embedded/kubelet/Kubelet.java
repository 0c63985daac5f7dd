package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
import dev.bellows.embedded.apiserver.PodUsage;
import dev.bellows.embedded.apiserver.RunningPods;
import dev.bellows.embedded.runtime.Container;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs every pod that is placed on its node, with one {@link PodWorker} each.
 *
 * <p>It keeps nothing but its workers: what a pod went through before is read from the pod's
 * status, so a kubelet that starts anew on the same cluster starts the containers that its
 * predecessor lost, and counts them as restarted.
 */
public final class Kubelet implements RunningPods, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Kubelet.class);

  /** Pods of a node; what its addresses and a laptop can bear. */
  private static final int MAX_PODS = 5000;

  private static final Duration LEAST_PATIENCE = Duration.ofSeconds(1);

  private final Node node;
  private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
  private @Nullable AutoCloseable following;
  private @Nullable AutoCloseable followingConfiguration;
  private static final PodUsage.Part NOTHING = new PodUsage.Part(0, 0);

  private final PodMeter meter;
  private boolean closed;

  /** A kubelet that does nothing before {@link #start}. */
  public Kubelet(Node node) {
    this.node = node;
    this.meter = new PodMeter(node.clock());
  }

  /** Makes the node known and takes over its pods. */
  public synchronized void start() {
    node.api().register(NodeDescription.of(node, MAX_PODS));
    letGoOfMemory();
    following = node.api().followPods(node.name(), this::seen, this::gone);
    followingConfiguration = node.api().followConfiguration(this::configured);
  }

  /** Volumes in memory of a kubelet that was killed: their pods' programs have ended with it. */
  private void letGoOfMemory() {
    if (!Files.isDirectory(node.volumes())) {
      return;
    }
    try {
      node.runtime().unmountBelow(node.volumes());
    } catch (IOException e) {
      LOG.warn("mounts of an earlier run are left below {}", node.volumes(), e);
    }
  }

  private void configured(String namespace, String name) {
    for (PodWorker worker : workers.values()) {
      if (worker.namespace().equals(namespace)) {
        worker.configured(name);
      }
    }
  }

  private synchronized void seen(ObjectNode pod) {
    String uid = uid(pod);
    PodWorker worker = workers.get(uid);
    if (worker != null) {
      worker.seen(pod);
      return;
    }
    if (closed || isOver(pod)) {
      return;
    }
    if (workers.size() >= MAX_PODS) {
      LOG.warn("pod {} is left: {} pods are running", pod.path("metadata").path("name"), MAX_PODS);
      return;
    }
    PodWorker fresh;
    try {
      fresh = new PodWorker(node, pod, () -> workers.remove(uid));
    } catch (IllegalArgumentException e) {
      LOG.warn("pod {} is left: {}", pod.path("metadata").path("name"), e.getMessage());
      return;
    }
    workers.put(uid, fresh);
    fresh.start();
  }

  @Override
  public Optional<Container> container(ObjectNode pod, String container) {
    return worker(pod).flatMap(worker -> worker.containers().running(container));
  }

  @Override
  public Optional<Address> port(ObjectNode pod, int port) {
    return worker(pod).flatMap(worker -> worker.containers().dial(port));
  }

  @Override
  public Map<String, PodUsage> usage(List<ObjectNode> pods) {
    Map<String, Long> pids = new HashMap<>();
    Map<String, Map<String, String>> containers = new HashMap<>();
    for (ObjectNode pod : pods) {
      for (JsonNode each : pod.path("spec").path("containers")) {
        String name = each.path("name").asText();
        container(pod, name)
            .ifPresent(running ->
                running
                    .pid()
                    .ifPresent(pid -> {
                      String key = uid(pod) + "/" + running.runtimeId();
                      pids.put(key, pid);
                      containers.computeIfAbsent(uid(pod), none -> new HashMap<>()).put(name, key);
                    }));
      }
    }
    if (pids.isEmpty()) {
      return Map.of();
    }
    Map<String, PodUsage> measured = meter.of(pids);
    Map<String, PodUsage> usages = new HashMap<>();
    containers.forEach((uid, keys) -> {
      Map<String, PodUsage.Part> parts = new HashMap<>();
      keys.forEach((name, key) -> {
        PodUsage one = measured.get(key);
        if (one != null) {
          parts.putAll(Map.of(name, one.parts().getOrDefault("", NOTHING)));
          usages.put(uid, new PodUsage(one.at(), one.window(), parts));
        }
      });
    });
    return usages;
  }

  @Override
  public Optional<PodUsage> machine() {
    return meter.machine();
  }

  private Optional<PodWorker> worker(ObjectNode pod) {
    return Optional.ofNullable(workers.get(uid(pod)));
  }

  /** Finished, and nobody waits for us to let it go. */
  private static boolean isOver(ObjectNode pod) {
    String phase = pod.path("status").path("phase").asText();
    return (phase.equals("Succeeded") || phase.equals("Failed"))
        && !pod.path("metadata").hasNonNull("deletionTimestamp");
  }

  private synchronized void gone(ObjectNode pod) {
    PodWorker worker = workers.get(uid(pod));
    if (worker != null) {
      worker.gone();
    }
  }

  private static String uid(ObjectNode pod) {
    return pod.path("metadata").path("uid").asText();
  }

  /**
   * Ends all containers by SIGTERM, without their preStop hooks, and leaves the pods for the next
   * kubelet.
   *
   * @param grace what containers may take; then they are killed
   */
  public void close(Duration grace) {
    List<PodWorker> ending;
    synchronized (this) {
      closed = true;
      for (AutoCloseable each : Arrays.asList(following, followingConfiguration)) {
        try {
          if (each != null) {
            each.close();
          }
        } catch (Exception e) {
          LOG.warn("cannot stop following the cluster", e);
        }
      }
      ending = List.copyOf(workers.values());
    }
    CountDownLatch ends = new CountDownLatch(ending.size());
    ending.forEach(worker -> worker.evacuate(grace, ends));
    try {
      // A worker may be in the middle of a write, whatever its containers do.
      Duration patience = grace.compareTo(LEAST_PATIENCE) < 0 ? LEAST_PATIENCE : grace;
      if (!ends.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.info("containers did not end in {}; they are killed", grace);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    letGoOfMemory();
    node.runtime().close();
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
