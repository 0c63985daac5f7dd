package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.image.ImageUnavailableException;
import dev.bellows.embedded.network.PodAddresses;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.log.LogReader;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lives with one pod from its first sight to its end, on a virtual thread of its own.
 *
 * <p>Design. Everything that happens arrives in one mailbox: new states of the object, ends of
 * containers, verdicts of probes. After each, the worker looks at the whole and does what is due
 * ({@link #act}), then writes the status if it has changed. Only this thread touches the slots, so
 * nothing is locked. Waiting work (probes, hooks, graceful stops) runs on threads of its own and
 * reports back. The status waits {@link #STATUS_DELAY} for what happens next, unless the pod has
 * become ready or is leaving: on the way from nothing to ready, one write instead of three.
 */
final class PodWorker {
  private static final Logger LOG = LoggerFactory.getLogger(PodWorker.class);
  private static final Duration STATUS_DELAY = Duration.ofMillis(20);

  /** How long to wait before looking again for an image, ConfigMap or Secret that is missing. */
  private static final Duration MISSING_DELAY = Duration.ofSeconds(1);

  /** How long to wait before a write that failed is tried again. */
  private static final Duration WRITE_DELAY = Duration.ofSeconds(1);

  private static final int MESSAGE_LINES = 80;
  private static final int MESSAGE_CHARS = 2048;
  private static final int START_ERROR = 128;

  private final Node node;
  private final PodDirectory directory;
  private final Runnable whenOver;
  private final LinkedBlockingQueue<Event> mailbox = new LinkedBlockingQueue<>();
  private final List<ContainerSlot> init = new ArrayList<>();
  private final List<ContainerSlot> containers = new ArrayList<>();
  private final ContainerStarter starter;
  private final Instant startTime;
  private ObjectNode pod;
  private Optional<PodAddresses> addresses = Optional.empty();
  private Optional<PodStatus.Facts> written = Optional.empty();
  private Instant writeAt = Instant.MIN;
  private Instant finishAt = Instant.MIN;
  private boolean leaving;
  private boolean over;

  private sealed interface Event {
    /** The object has this state now. */
    record Seen(ObjectNode pod) implements Event {}

    /** The object is no more: nobody waits for an orderly end. */
    record Gone() implements Event {}

    record Exited(ContainerSlot slot, Container container, ExitStatus status) implements Event {}

    record Verdict(
        ContainerSlot slot, Container container, ProbeLoop.Kind kind, boolean good, String message)
        implements Event {}

    /** The kubelet ends; the object stays for the next one. */
    record Evacuate(Duration grace, CountDownLatch ends) implements Event {}
  }

  PodWorker(Node node, ObjectNode pod, Runnable whenOver) {
    this.node = node;
    this.pod = pod;
    this.whenOver = whenOver;
    this.directory = PodDirectory.of(node.logs(), pod);
    Instant now = node.clock().instant();
    JsonNode status = pod.path("status");
    startTime =
        status.hasNonNull("startTime") ? Instant.parse(status.path("startTime").asText()) : now;
    fill(init, true, "initContainers", status.path("initContainerStatuses"), now);
    fill(containers, false, "containers", status.path("containerStatuses"), now);
    starter = new ContainerStarter(node, directory);
  }

  private void fill(
      List<ContainerSlot> slots, boolean isInit, String field, JsonNode statuses, Instant now) {
    for (JsonNode definition : pod.path("spec").path(field)) {
      ContainerSlot slot = new ContainerSlot(definition, isInit);
      for (JsonNode status : statuses) {
        if (status.path("name").asText().equals(slot.name)) {
          slot.recall(status, now, end -> isRestarted(slot, end));
        }
      }
      slots.add(slot);
    }
  }

  void start() {
    Thread.ofVirtual().name("pod-" + uid()).start(this::run);
  }

  void seen(ObjectNode state) {
    mailbox.add(new Event.Seen(state));
  }

  void gone() {
    mailbox.add(new Event.Gone());
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
      everySlot().forEach(slot -> slot.running.ifPresent(Container::kill));
    } finally {
      everySlot().forEach(ContainerSlot::stopProbing);
      node.network().detach(uid());
      whenOver.run();
    }
  }

  private List<ContainerSlot> everySlot() {
    List<ContainerSlot> all = new ArrayList<>(init);
    all.addAll(containers);
    return all;
  }

  /** The next thing that happens, or nothing when it is time to look again. */
  private Optional<Event> next() throws InterruptedException {
    Instant now = node.clock().instant();
    Instant deadline = Instant.MAX;
    if (!leaving) {
      for (ContainerSlot slot : everySlot()) {
        // One that waits for nothing but its turn has no time of its own.
        if (!slot.isRunning()
            && !slot.isDone()
            && !slot.notBefore.equals(Instant.MIN)
            && slot.notBefore.isBefore(deadline)) {
          deadline = slot.notBefore;
        }
      }
    }
    if (leaving && !finishAt.equals(Instant.MIN)) {
      deadline = finishAt;
    } else if (isUnwritten() && !writeAt.equals(Instant.MIN) && writeAt.isBefore(deadline)) {
      deadline = writeAt;
    }
    if (deadline.equals(Instant.MAX)) {
      return Optional.of(mailbox.take());
    }
    long nanos = Math.max(0, Duration.between(now, deadline).toNanos());
    return Optional.ofNullable(mailbox.poll(nanos, TimeUnit.NANOSECONDS));
  }

  private void handle(Event event) {
    switch (event) {
      case Event.Seen seen -> pod = seen.pod();
      case Event.Gone _ -> {
        everySlot().forEach(slot -> slot.running.ifPresent(Container::kill));
        directory.delete();
        over = true;
      }
      case Event.Exited exited -> {
        if (exited.slot().running.filter(exited.container()::equals).isPresent()) {
          onExit(exited.slot(), exited.container(), exited.status());
        }
      }
      case Event.Verdict verdict -> {
        if (verdict.slot().running.filter(verdict.container()::equals).isPresent()) {
          onVerdict(verdict);
        }
      }
      case Event.Evacuate evacuate -> evacuateNow(evacuate);
    }
  }

  /** Without hooks: nobody sends requests any more, so there is nothing to wait for but the end. */
  private void evacuateNow(Event.Evacuate evacuate) {
    List<CompletableFuture<ExitStatus>> exits = new ArrayList<>();
    for (ContainerSlot slot : everySlot()) {
      slot.running.ifPresent(container -> exits.add(container.exit()));
      stop(slot, evacuate.grace(), MissingNode.getInstance());
    }
    CompletableFuture<Void> _ =
        CompletableFuture.allOf(exits.toArray(CompletableFuture<?>[]::new))
            .thenRun(evacuate.ends()::countDown);
    over = true;
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
    if (leaving && everySlot().stream().noneMatch(ContainerSlot::isRunning)) {
      finish();
    } else if (isUnwritten()) {
      Instant now = node.clock().instant();
      if (writeAt.equals(Instant.MIN)) {
        writeAt = now.plus(STATUS_DELAY);
      }
      if (isReadyNow() || !now.isBefore(writeAt)) {
        write(now);
      }
    }
  }

  private void leave() {
    if (!leaving) {
      leaving = true;
      Duration grace =
          Duration.ofSeconds(pod.path("metadata").path("deletionGracePeriodSeconds").asLong(0));
      for (ContainerSlot slot : everySlot()) {
        if (slot.isRunning()) {
          event(slot, false, "Killing", "Stopping container " + slot.name);
          stop(slot, grace, preStop(slot));
        }
      }
    }
  }

  private static JsonNode preStop(ContainerSlot slot) {
    return slot.definition.path("lifecycle").path("preStop");
  }

  private void finish() {
    Instant now = node.clock().instant();
    if (now.isBefore(finishAt)) {
      return;
    }
    try {
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

  private boolean isReadyNow() {
    return containers.stream().allMatch(slot -> slot.ready);
  }

  private void startWhatIsDue() {
    if (addresses.isEmpty()) {
      addresses = Optional.of(node.network().attach(uid(), starter.ports(containers)));
    }
    Instant now = node.clock().instant();
    startTogether(nextInLine().stream().filter(slot -> isDue(slot, now)).toList(), now);
  }

  /** Init containers one after the other, then all others. */
  private List<ContainerSlot> nextInLine() {
    return init.stream()
        .filter(slot -> !slot.succeeded())
        .findFirst()
        .map(List::of)
        .orElse(containers);
  }

  private static boolean isDue(ContainerSlot slot, Instant now) {
    return !slot.isRunning() && !slot.isDone() && !now.isBefore(slot.notBefore);
  }

  /** Together: opening a queue-proxy need not wait for the kernel to start a program. */
  private void startTogether(List<ContainerSlot> due, Instant now) {
    PodAddresses where = addresses.orElseThrow();
    List<Future<Container>> starts = new ArrayList<>();
    try (ExecutorService together = Executors.newVirtualThreadPerTaskExecutor()) {
      due.forEach(slot -> starts.add(together.submit(() -> starter.start(slot, pod, where))));
    }
    for (int i = 0; i < starts.size(); i++) {
      Future<Container> start = starts.get(i);
      switch (start.state()) {
        case SUCCESS -> started(due.get(i), start.resultNow());
        case FAILED -> notStarted(due.get(i), start.exceptionNow(), now);
        case CANCELLED, RUNNING -> throw new AssertionError("closing waits for " + start);
      }
    }
  }

  private void started(ContainerSlot slot, Container container) {
    slot.running = Optional.of(container);
    slot.stopping = false;
    slot.notBefore = Instant.MIN;
    slot.state = new ContainerState.Running(container.startedAt(), container.runtimeId());
    CompletableFuture<Void> _ =
        container
            .exit()
            .thenAccept(status -> mailbox.add(new Event.Exited(slot, container, status)));
    probe(slot, container);
    event(slot, false, "Started", "Started container " + slot.name);
  }

  private void notStarted(ContainerSlot slot, Throwable reason, Instant now) {
    String message = String.valueOf(reason.getMessage());
    switch (reason) {
      case ImageUnavailableException _ -> {
        boolean again =
            slot.state instanceof ContainerState.Waiting(String known, String _)
                && (known.equals("ErrImagePull") || known.equals("ImagePullBackOff"));
        wait(
            slot,
            now,
            again ? "ImagePullBackOff" : "ErrImagePull",
            again
                ? "Back-off pulling image \"" + slot.image() + "\": ErrImagePull: " + message
                : message);
        if (!again) {
          event(slot, true, "Failed", "Failed to pull image \"" + slot.image() + "\": " + message);
          event(slot, true, "Failed", "Error: ErrImagePull");
        }
      }
      case ContainerEnvironment.Missing _ -> {
        wait(slot, now, "CreateContainerConfigError", message);
        event(slot, true, "Failed", "Error: " + message);
      }
      case ContainerStartException _ -> {
        event(slot, true, "Failed", "Error: " + message);
        ended(
            slot,
            new ContainerState.Terminated(
                START_ERROR, "StartError", message, Instant.EPOCH, now, ""));
      }
      default -> throw new IllegalStateException("starting container " + slot.name, reason);
    }
  }

  private static void wait(ContainerSlot slot, Instant now, String reason, String message) {
    slot.state = new ContainerState.Waiting(reason, message);
    slot.notBefore = now.plus(MISSING_DELAY);
  }

  private void probe(ContainerSlot slot, Container container) {
    boolean hasStartup = startProbe(slot, container, ProbeLoop.Kind.STARTUP);
    slot.started = !hasStartup;
    if (!hasStartup) {
      probeStarted(slot, container);
    }
  }

  private void probeStarted(ContainerSlot slot, Container container) {
    slot.started = true;
    slot.ready = !startProbe(slot, container, ProbeLoop.Kind.READINESS) && !slot.isInit;
    startProbe(slot, container, ProbeLoop.Kind.LIVENESS);
  }

  private boolean startProbe(ContainerSlot slot, Container container, ProbeLoop.Kind kind) {
    Optional<ProbeSpec> spec = ProbeSpec.of(slot.definition, kind.field());
    if (spec.isEmpty()) {
      return false;
    }
    ProbeLoop.Listener listener =
        new ProbeLoop.Listener() {
          @Override
          public void onVerdict(ProbeLoop.Kind of, boolean good, String message) {
            mailbox.add(new Event.Verdict(slot, container, of, good, message));
          }

          @Override
          public void onFailure(ProbeLoop.Kind of, String message) {
            event(slot, true, "Unhealthy", of.word() + " probe failed: " + message);
          }
        };
    slot.probes.add(
        ProbeLoop.start(
            kind,
            spec.get(),
            starter.handler(slot, container, addresses.orElseThrow()),
            listener,
            kind.field() + "-" + uid()));
    return true;
  }

  private void onVerdict(Event.Verdict verdict) {
    ContainerSlot slot = verdict.slot();
    switch (verdict.kind()) {
      case READINESS -> slot.ready = verdict.good();
      case STARTUP -> {
        if (verdict.good()) {
          probeStarted(slot, verdict.container());
        } else {
          killUnhealthy(slot, "startup");
        }
      }
      case LIVENESS -> {
        if (!verdict.good()) {
          killUnhealthy(slot, "liveness");
        }
      }
    }
  }

  private void killUnhealthy(ContainerSlot slot, String probe) {
    event(
        slot,
        false,
        "Killing",
        "Container " + slot.name + " failed " + probe + " probe, will be restarted");
    stop(
        slot,
        Duration.ofSeconds(pod.path("spec").path("terminationGracePeriodSeconds").asLong(30)),
        preStop(slot));
  }

  private void stop(ContainerSlot slot, Duration grace, JsonNode preStop) {
    if (slot.stopping || slot.running.isEmpty()) {
      return;
    }
    slot.stopping = true;
    Container container = slot.running.get();
    new ContainerStop(
            container,
            preStop,
            starter.handler(slot, container, addresses.orElseThrow()),
            grace,
            message -> event(slot, true, "FailedPreStopHook", message))
        .start();
  }

  private void onExit(ContainerSlot slot, Container container, ExitStatus status) {
    Instant now = node.clock().instant();
    slot.stopProbing();
    slot.running = Optional.empty();
    starter.ended(slot);
    String message = "";
    boolean fallsBack =
        slot.definition.path("terminationMessagePolicy").asText().equals("FallbackToLogsOnError");
    if (fallsBack && status.code() != 0) {
      try {
        message =
            LogReader.tail(directory.log(slot.name, slot.restarts), MESSAGE_LINES, MESSAGE_CHARS);
      } catch (IOException e) {
        LOG.warn("cannot read the last words of {}", container.id(), e);
      }
    }
    ended(
        slot,
        new ContainerState.Terminated(
            status.code(),
            status.code() == 0 ? "Completed" : "Error",
            message,
            container.startedAt(),
            now,
            container.runtimeId()));
  }

  /** Decides what comes after an end. */
  private void ended(ContainerSlot slot, ContainerState.Terminated end) {
    slot.ready = false;
    slot.started = false;
    slot.state = end;
    if (leaving || !isRestarted(slot, end)) {
      return;
    }
    slot.last = Optional.of(end);
    Duration ran =
        end.startedAt().equals(Instant.EPOCH)
            ? Duration.ZERO
            : Duration.between(end.startedAt(), end.finishedAt());
    Duration delay = slot.restartDelay.next(ran);
    slot.notBefore = end.finishedAt().plus(delay);
    slot.restarts++;
    directory.forgetBefore(slot.name, slot.restarts);
    if (delay.isZero()) {
      slot.state = new ContainerState.Waiting("ContainerCreating", "");
    } else {
      String name = pod.path("metadata").path("name").asText();
      String message =
          "back-off %s restarting failed container=%s pod=%s_%s(%s)"
              .formatted(
                  goDuration(delay),
                  slot.name,
                  name,
                  pod.path("metadata").path("namespace").asText(),
                  uid());
      slot.state = new ContainerState.Waiting("CrashLoopBackOff", message);
      event(
          slot,
          true,
          "BackOff",
          "Back-off restarting failed container %s in pod %s_%s(%s)"
              .formatted(slot.name, name, pod.path("metadata").path("namespace").asText(), uid()));
    }
  }

  private boolean isRestarted(ContainerSlot slot, ContainerState.Terminated end) {
    String policy = pod.path("spec").path("restartPolicy").asText("Always");
    if (slot.isInit) {
      return end.exitCode() != 0 && !policy.equals("Never");
    }
    return switch (policy) {
      case "Never" -> false;
      case "OnFailure" -> end.exitCode() != 0;
      default -> true;
    };
  }

  /**
   * As Go prints durations, which is what people search the web for: {@code 10s}, {@code 2m40s}.
   */
  private static String goDuration(Duration delay) {
    long minutes = delay.toMinutes();
    return (minutes > 0 ? minutes + "m" : "") + delay.toSecondsPart() + "s";
  }

  private PodStatus.Facts facts() {
    return new PodStatus.Facts(
        init.stream().map(ContainerSlot::facts).toList(),
        containers.stream().map(ContainerSlot::facts).toList(),
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
                    addresses.ifPresent(found -> starter.annotate(present, found));
                    return present;
                  });
      written = Optional.of(facts);
      writeAt = Instant.MIN;
      stored.ifPresent(state -> pod = state);
    } catch (RuntimeException e) {
      LOG.warn("the status of pod {} is not written yet", uid(), e);
      writeAt = now.plus(WRITE_DELAY);
    }
  }

  private void event(ContainerSlot slot, boolean warning, String reason, String message) {
    node.api().event(pod, slot.name, warning, reason, message);
  }
}
