package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
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
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The containers of one pod: which is to start when, what became of it, and what comes next.
 *
 * <p>Touched by the pod's worker alone, and so without locks. What happens elsewhere (an end, a
 * probe's verdict) goes into the worker's mailbox as a {@link Happening} and comes back through
 * {@link #handle}.
 */
final class PodContainers {
  private static final Logger LOG = LoggerFactory.getLogger(PodContainers.class);

  /** How long to wait before looking again for an image, ConfigMap or Secret that is missing. */
  private static final Duration MISSING_DELAY = Duration.ofSeconds(1);

  /** A postStart hook that takes longer has failed; Kubernetes sets no limit. */
  private static final Duration HOOK_LIMIT = Duration.ofMinutes(10);

  private static final int MESSAGE_LINES = 80;
  private static final int MESSAGE_CHARS = 2048;
  private static final int START_ERROR = 128;

  private final Node node;
  private final PodDirectory directory;
  private final Consumer<Happening> mailbox;
  private final ContainerStarter starter;
  private final List<ContainerSlot> init = new ArrayList<>();
  private final List<ContainerSlot> containers = new ArrayList<>();
  private volatile ObjectNode pod; // threads of probes and hooks name it in Events
  private volatile @Nullable PodAddresses addresses;

  /** What runs, by name: for threads that act for clients. */
  private final Map<String, Container> running = new ConcurrentHashMap<>();

  private boolean leaving;

  /** What one of the containers went through, told from another thread. */
  sealed interface Happening {
    /** Whom it concerns. */
    ContainerSlot slot();

    /** Which start of it. */
    Container container();

    record Exited(ContainerSlot slot, Container container, ExitStatus status)
        implements Happening {}

    record Verdict(
        ContainerSlot slot, Container container, ProbeLoop.Kind kind, boolean good, String message)
        implements Happening {}

    /** The postStart hook has ended. */
    record Hooked(ContainerSlot slot, Container container, Handler.Result result)
        implements Happening {}
  }

  /**
   * The containers as the pod defines them, with what its status says of the time before.
   *
   * @param mailbox brings what happens to the worker's thread, which hands it to {@link #handle}
   */
  PodContainers(
      Node node,
      ObjectNode pod,
      PodDirectory directory,
      PodVolumes volumes,
      Consumer<Happening> mailbox) {
    this.node = node;
    this.pod = pod;
    this.directory = directory;
    this.mailbox = mailbox;
    starter = new ContainerStarter(node, directory, volumes);
    Instant now = node.clock().instant();
    JsonNode status = pod.path("status");
    fill(init, true, "initContainers", status.path("initContainerStatuses"), now);
    fill(containers, false, "containers", status.path("containerStatuses"), now);
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

  /** The pod has this state now. */
  void seen(ObjectNode state) {
    pod = state;
  }

  /** The ports that its programs listen on, by what the pod says. */
  Set<Integer> ports() {
    return starter.ports(containers);
  }

  /** Writes onto the pod where its ports are. */
  void annotate(ObjectNode present, PodAddresses where) {
    starter.annotate(present, where);
  }

  List<PodStatus.ContainerFacts> initFacts() {
    return init.stream().map(ContainerSlot::facts).toList();
  }

  List<PodStatus.ContainerFacts> facts() {
    return containers.stream().map(ContainerSlot::facts).toList();
  }

  /** The present start of a container, if it runs; on any thread. */
  Optional<Container> running(String name) {
    return Optional.ofNullable(running.get(name));
  }

  /** Where a port of the pod is dialled, once it has an address; on any thread. */
  Optional<Address> dial(int port) {
    PodAddresses where = addresses;
    return where == null ? Optional.empty() : Optional.of(starter.dial(port, where));
  }

  boolean areReady() {
    return containers.stream().allMatch(slot -> slot.ready);
  }

  boolean isAnyRunning() {
    return every().stream().anyMatch(ContainerSlot::isRunning);
  }

  /** When one that waits is due; {@link Instant#MAX} if none is. */
  Instant nextStart() {
    Instant next = Instant.MAX;
    for (ContainerSlot slot : every()) {
      // One that waits for nothing but its turn has no time of its own.
      if (!slot.isRunning()
          && !slot.isDone()
          && !slot.notBefore.equals(Instant.MIN)
          && slot.notBefore.isBefore(next)) {
        next = slot.notBefore;
      }
    }
    return next;
  }

  /** Starts those whose turn and time it is. */
  void startDue(PodAddresses where, Instant now) {
    addresses = where;
    startTogether(nextInLine().stream().filter(slot -> isDue(slot, now)).toList(), where, now);
  }

  /** Takes in what happened; nothing if it concerns an earlier start. */
  void handle(Happening happening) {
    if (happening.slot().running.filter(happening.container()::equals).isEmpty()) {
      return;
    }
    switch (happening) {
      case Happening.Exited exited -> onExit(exited.slot(), exited.container(), exited.status());
      case Happening.Verdict verdict -> onVerdict(verdict);
      case Happening.Hooked hooked -> onHooked(hooked);
    }
  }

  /** Stops all in order; none is started again. */
  void leave(Duration grace) {
    leaving = true;
    for (ContainerSlot slot : every()) {
      if (slot.isRunning()) {
        event(slot, false, "Killing", "Stopping container " + slot.name);
        stop(slot, grace, preStop(slot));
      }
    }
  }

  /**
   * Stops all without hooks: nobody sends requests any more, so there is nothing to wait for but
   * the end, upon which the result completes.
   */
  CompletableFuture<Void> evacuate(Duration grace) {
    List<CompletableFuture<ExitStatus>> exits = new ArrayList<>();
    for (ContainerSlot slot : every()) {
      slot.running.ifPresent(container -> exits.add(container.exit()));
      stop(slot, grace, MissingNode.getInstance());
    }
    return CompletableFuture.allOf(exits.toArray(CompletableFuture<?>[]::new));
  }

  void kill() {
    every().forEach(slot -> slot.running.ifPresent(Container::kill));
  }

  void stopProbing() {
    every().forEach(ContainerSlot::stopProbing);
  }

  private String uid() {
    return pod.path("metadata").path("uid").asText();
  }

  private List<ContainerSlot> every() {
    List<ContainerSlot> all = new ArrayList<>(init);
    all.addAll(containers);
    return all;
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
  private void startTogether(List<ContainerSlot> due, PodAddresses where, Instant now) {
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
    running.put(slot.name, container);
    slot.stopping = false;
    slot.notBefore = Instant.MIN;
    CompletableFuture<Void> _ =
        container
            .exit()
            .thenAccept(status -> mailbox.accept(new Happening.Exited(slot, container, status)));
    event(slot, false, "Started", "Started container " + slot.name);
    JsonNode postStart = slot.definition.path("lifecycle").path("postStart");
    if (postStart.isObject()) {
      Handler handler = starter.handler(slot, container, placed());
      Thread.ofVirtual()
          .name("post-start-" + uid())
          .start(() -> hook(slot, container, handler, postStart));
    } else {
      run(slot, container);
    }
  }

  /** Kubernetes calls a container running when its postStart hook is done (Pod Lifecycle). */
  private void run(ContainerSlot slot, Container container) {
    slot.state = new ContainerState.Running(container.startedAt(), container.runtimeId());
    probe(slot, container);
  }

  private void hook(ContainerSlot slot, Container container, Handler handler, JsonNode postStart) {
    Handler.Result result;
    try {
      result = handler.run(postStart, HOOK_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      result = Handler.Result.failure("interrupted");
    } catch (IllegalArgumentException e) {
      result = Handler.Result.failure(String.valueOf(e.getMessage()));
    }
    mailbox.accept(new Happening.Hooked(slot, container, result));
  }

  private void onHooked(Happening.Hooked hooked) {
    ContainerSlot slot = hooked.slot();
    if (slot.stopping) {
      return;
    }
    if (hooked.result().success()) {
      run(slot, hooked.container());
    } else {
      event(
          slot, true, "FailedPostStartHook", "PostStartHook failed: " + hooked.result().message());
      event(slot, false, "Killing", "FailedPostStartHook");
      stop(slot, podGrace(), preStop(slot));
    }
  }

  private Duration podGrace() {
    return Duration.ofSeconds(pod.path("spec").path("terminationGracePeriodSeconds").asLong(30));
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
      case NodeApi.Unavailable _ -> wait(slot, now, "CreateContainerConfigError", message);
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
            mailbox.accept(new Happening.Verdict(slot, container, of, good, message));
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
            starter.handler(slot, container, placed()),
            listener,
            kind.field() + "-" + uid()));
    return true;
  }

  private void onVerdict(Happening.Verdict verdict) {
    ContainerSlot slot = verdict.slot();
    switch (verdict.kind()) {
      case READINESS -> slot.ready = verdict.good();
      case STARTUP -> {
        if (verdict.good()) {
          probeStarted(slot, verdict.container());
        } else {
          killUnhealthy(slot, ProbeLoop.Kind.STARTUP);
        }
      }
      case LIVENESS -> {
        if (!verdict.good()) {
          killUnhealthy(slot, ProbeLoop.Kind.LIVENESS);
        }
      }
    }
  }

  private PodAddresses placed() {
    return Objects.requireNonNull(addresses, "no container runs before the pod has its addresses");
  }

  private static JsonNode preStop(ContainerSlot slot) {
    return slot.definition.path("lifecycle").path("preStop");
  }

  private void killUnhealthy(ContainerSlot slot, ProbeLoop.Kind kind) {
    String word = kind.word().toLowerCase(Locale.ROOT);
    event(
        slot,
        false,
        "Killing",
        "Container " + slot.name + " failed " + word + " probe, will be restarted");
    // A probe may give a program that hangs less time than the pod gives one that ends in order.
    JsonNode own = slot.definition.path(kind.field()).path("terminationGracePeriodSeconds");
    stop(slot, own.isNumber() ? Duration.ofSeconds(own.asLong()) : podGrace(), preStop(slot));
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
            starter.handler(slot, container, placed()),
            grace,
            message -> event(slot, true, "FailedPreStopHook", message))
        .start();
  }

  private void onExit(ContainerSlot slot, Container container, ExitStatus status) {
    Instant now = node.clock().instant();
    slot.stopProbing();
    slot.running = Optional.empty();
    running.remove(slot.name, container);
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
            status.outOfMemory() ? "OOMKilled" : status.code() == 0 ? "Completed" : "Error",
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

  private void event(ContainerSlot slot, boolean warning, String reason, String message) {
    node.api().event(pod, slot.name, warning, reason, message);
  }
}
