package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.network.PodAddresses;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lives with one pod from its first sight to its end, on a virtual thread of its own.
 *
 * <p>Design. Everything that happens arrives in one mailbox: new states of the object, ends of
 * containers, verdicts of probes. After each, the worker looks at the whole and does what is due
 * ({@link #act}), then writes the status if it has changed. Only this thread touches the {@link
 * PodContainers}, so nothing is locked. Waiting work (probes, hooks, graceful stops) runs on
 * threads of its own and reports back. The status waits {@link #STATUS_DELAY} for what happens
 * next, unless the pod has become ready or is leaving: on the way from nothing to ready, one write
 * instead of three.
 */
final class PodWorker {
  private static final Logger LOG = LoggerFactory.getLogger(PodWorker.class);
  private static final Duration STATUS_DELAY = Duration.ofMillis(50);

  /** How long to wait before a write that failed is tried again. */
  private static final Duration WRITE_DELAY = Duration.ofSeconds(1);

  /** How long to wait before looking again for what a volume lacks; then twice as long. */
  private static final Duration FIRST_VOLUME_DELAY = Duration.ofMillis(100);

  private static final Duration LAST_VOLUME_DELAY = Duration.ofSeconds(10);

  private final Node node;
  private final PodDirectory directory;
  private final String namespace;
  private final Runnable whenOver;
  private final LinkedBlockingQueue<Event> mailbox = new LinkedBlockingQueue<>();
  private final PodVolumes volumes;
  private final PodContainers containers;
  private final Instant startTime;
  private ObjectNode pod;
  private Optional<PodAddresses> addresses = Optional.empty();
  private Optional<PodStatus.Facts> written = Optional.empty();
  private Instant writeAt = Instant.MIN;
  private Instant finishAt = Instant.MIN;
  private Instant volumesAt = Instant.MIN;
  private Duration volumesDelay = FIRST_VOLUME_DELAY;
  private String volumesProblem = "";
  private boolean leaving;
  private boolean over;

  private sealed interface Event {
    /** The object has this state now. */
    record Seen(ObjectNode pod) implements Event {}

    /** The object is no more: nobody waits for an orderly end. */
    record Gone() implements Event {}

    /** A ConfigMap or Secret that a volume is made of has changed. */
    record Configured() implements Event {}

    record OfContainer(PodContainers.Happening happening) implements Event {}

    /** The kubelet ends; the object stays for the next one. */
    record Evacuate(Duration grace, CountDownLatch ends) implements Event {}
  }

  PodWorker(Node node, ObjectNode pod, Runnable whenOver) {
    this.node = node;
    this.pod = pod;
    this.namespace = pod.path("metadata").path("namespace").asText();
    this.whenOver = whenOver;
    this.directory = PodDirectory.of(node.logs(), pod);
    Instant now = node.clock().instant();
    JsonNode status = pod.path("status");
    startTime =
        status.hasNonNull("startTime") ? Instant.parse(status.path("startTime").asText()) : now;
    volumes = new PodVolumes(node, pod);
    containers =
        new PodContainers(
            node,
            pod,
            directory,
            volumes,
            happening -> mailbox.add(new Event.OfContainer(happening)));
  }

  void start() {
    Thread.ofVirtual().name("pod-" + uid()).start(this::run);
  }

  /** What of the pod runs; may be asked on any thread. */
  PodContainers containers() {
    return containers;
  }

  void seen(ObjectNode state) {
    mailbox.add(new Event.Seen(state));
  }

  void gone() {
    mailbox.add(new Event.Gone());
  }

  /** A ConfigMap or Secret of this name, in the pod's namespace, has changed. */
  void configured(String name) {
    if (volumes.referTo(name)) {
      mailbox.add(new Event.Configured());
    }
  }

  String namespace() {
    return namespace;
  }

  /** Ends the containers but not the pod, and counts down when they have ended. */
  void evacuate(Duration grace, CountDownLatch ends) {
    mailbox.add(new Event.Evacuate(grace, ends));
  }

  private String uid() {
    return pod.path("metadata").path("uid").asText();
  }

  private void run() {
    try {
      while (!over) {
        act();
        if (over) {
          break;
        }
        Optional<Event> event = next();
        while (event.isPresent()) {
          handle(event.get());
          event = Optional.ofNullable(mailbox.poll());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("the worker of pod {} failed; its containers are killed", uid(), e);
      containers.kill();
    } finally {
      containers.stopProbing();
      node.network().detach(uid());
      whenOver.run();
    }
  }

  /** The next thing that happens, or nothing when it is time to look again. */
  private Optional<Event> next() throws InterruptedException {
    Instant now = node.clock().instant();
    Instant deadline = leaving ? Instant.MAX : containers.nextStart();
    if (!leaving && !isFinished() && volumesAt.isBefore(deadline)) {
      deadline = volumesAt;
    }
    if (leaving && !finishAt.equals(Instant.MIN)) {
      deadline = finishAt;
    } else if (isUnwritten() && !writeAt.equals(Instant.MIN) && writeAt.isBefore(deadline)) {
      deadline = writeAt;
    }
    if (deadline.equals(Instant.MAX)) {
      return Optional.of(mailbox.take());
    }
    if (!deadline.isAfter(now)) {
      return Optional.ofNullable(mailbox.poll());
    }
    long nanos = Duration.between(now, deadline).toNanos();
    return Optional.ofNullable(mailbox.poll(nanos, TimeUnit.NANOSECONDS));
  }

  private void handle(Event event) {
    switch (event) {
      case Event.Seen seen -> {
        know(seen.pod());
        if (PodStatus.isMarkedNotReady(seen.pod())) {
          written = Optional.empty();
        }
      }
      case Event.Gone _ -> {
        containers.kill();
        forget();
        over = true;
      }
      case Event.Configured _ -> volumesAt = Instant.MIN;
      case Event.OfContainer told -> containers.handle(told.happening());
      case Event.Evacuate evacuate -> evacuateNow(evacuate);
    }
  }

  private void evacuateNow(Event.Evacuate evacuate) {
    CompletableFuture<Void> _ =
        containers.evacuate(evacuate.grace()).thenRun(evacuate.ends()::countDown);
    over = true;
  }

  private void forget() {
    try {
      volumes.delete();
      directory.delete();
    } catch (RuntimeException e) {
      LOG.warn("files of pod {} are left", uid(), e);
    }
  }

  private void know(ObjectNode state) {
    JsonNode before = pod.path("metadata");
    JsonNode after = state.path("metadata");
    if (volumes.tellLabels()
        && !(after.path("labels").equals(before.path("labels"))
            && after.path("annotations").equals(before.path("annotations")))) {
      volumesAt = Instant.MIN;
    }
    pod = state;
    containers.seen(state);
  }

  private void act() {
    if (pod.path("metadata").hasNonNull("deletionTimestamp")) {
      leave();
    } else if (!isFinished()) {
      startWhatIsDue();
    }
    if (over) {
      return;
    }
    if (leaving && !containers.isAnyRunning()) {
      finish();
    } else if (isUnwritten()) {
      Instant now = node.clock().instant();
      if (writeAt.equals(Instant.MIN)) {
        writeAt = now.plus(STATUS_DELAY);
      }
      if (containers.areReady() || !now.isBefore(writeAt)) {
        write(now);
      }
    }
  }

  private void leave() {
    if (!leaving) {
      leaving = true;
      containers.leave(
          Duration.ofSeconds(pod.path("metadata").path("deletionGracePeriodSeconds").asLong(0)));
    }
  }

  private void finish() {
    Instant now = node.clock().instant();
    if (now.isBefore(finishAt)) {
      return;
    }
    try {
      volumes.delete();
      node.api().finishDeletion(pod);
      directory.delete();
      over = true;
    } catch (RuntimeException e) {
      LOG.warn("pod {} cannot be let go yet", uid(), e);
      finishAt = now.plus(WRITE_DELAY);
    }
  }

  private boolean isFinished() {
    String phase = pod.path("status").path("phase").asText();
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  private void startWhatIsDue() {
    if (addresses.isEmpty()) {
      addresses = Optional.of(node.network().attach(uid(), containers.ports()));
    }
    Instant now = node.clock().instant();
    if (!now.isBefore(volumesAt)) {
      makeVolumes(now);
    }
    if (volumes.areReady()) {
      containers.startDue(addresses.get(), now);
    }
  }

  private void makeVolumes(Instant now) {
    try {
      volumes.make(pod);
      volumesAt = volumes.staleAt();
      volumesDelay = FIRST_VOLUME_DELAY;
      volumesProblem = "";
    } catch (VolumeException e) {
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(volumesProblem)) {
        node.api().event(pod, "", true, "FailedMount", problem);
        volumesProblem = problem;
      }
      volumesAt = now.plus(volumesDelay);
      volumesDelay = volumesDelay.multipliedBy(2);
      if (volumesDelay.compareTo(LAST_VOLUME_DELAY) > 0) {
        volumesDelay = LAST_VOLUME_DELAY;
      }
    }
  }

  private PodStatus.Facts facts() {
    return new PodStatus.Facts(
        containers.initFacts(),
        containers.facts(),
        addresses.map(PodAddresses::podIp).orElse(""),
        node.network().nodeIp(),
        startTime,
        "",
        "");
  }

  private boolean isUnwritten() {
    return !isFinished() && written.filter(facts()::equals).isEmpty();
  }

  private void write(Instant now) {
    PodStatus.Facts facts = facts();
    try {
      Optional<ObjectNode> stored =
          node.api()
              .writeStatus(
                  pod,
                  present -> {
                    present.set("status", PodStatus.render(present, facts, now));
                    addresses.ifPresent(found -> containers.annotate(present, found));
                    return present;
                  });
      written = Optional.of(facts);
      writeAt = Instant.MIN;
      stored.ifPresent(this::know);
    } catch (RuntimeException e) {
      LOG.warn("the status of pod {} is not written yet", uid(), e);
      writeAt = now.plus(WRITE_DELAY);
    }
  }
}
