package dev.bellows.controlplane;

import dev.bellows.controlplane.reconcile.ApiWriter;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.EventRecorder;
import dev.bellows.controlplane.reconcile.Pace;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.CannotWatchException;
import dev.bellows.controlplane.watch.Informers;
import dev.bellows.controlplane.watch.LiveConfig;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The share of one process in the control plane: its watches, one per kind, the settings in force,
 * one writer, and the controllers that run on them. By itself it watches the settings alone; {@link
 * Serving}, {@link Autoscaling}, {@link NetworkingLayer} and the feeds each add the kinds they
 * read, so that a process sees no more than its roles need. Made, added to, started, closed.
 */
public final class ControlPlane implements AutoCloseable {
  /** How long listing everything may take at start. */
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final ControlPlaneConfig surroundings;
  private final Informers informers;
  private final LiveConfig liveConfig;
  private final EventRecorder events;
  private final ApiWriter writer;
  private final InstantSource clock;

  /** Added to before the start, read by the thread that writes Events. */
  private final List<Controller<?>> controllers = new CopyOnWriteArrayList<>();

  /**
   * Wires everything; nothing is read or written before {@link #start}.
   *
   * @param client stays the caller's, who closes it after this
   * @param clock stamps conditions and Events
   */
  public ControlPlane(
      KubernetesClient client, ControlPlaneConfig surroundings, InstantSource clock) {
    this.surroundings = surroundings;
    this.clock = clock;
    this.informers = new Informers(client);
    // The settings first: of two who hear of a list, the one that others ask is told first.
    this.liveConfig =
        new LiveConfig(
            informers.watchConfigMaps(surroundings.systemNamespace()),
            surroundings.configMapNames());
    Pace pace = new Pace(surroundings.apiRate(), System::nanoTime);
    this.events =
        new EventRecorder(client, surroundings.component(), clock, pace, this::isReconciling);
    this.writer = new ApiWriter(client, events, pace);
  }

  /**
   * Adds a reconciler, which runs from {@link #start} on.
   *
   * @param kind whose keys it gets: any of {@link #informers}
   * @return its controller, to name what else wakes it
   */
  public <T extends HasMetadata> Controller<T> add(Reconciler reconciler, Watched<T> kind) {
    Controller<T> controller =
        new Controller<>(reconciler, kind, writer, informers, System::nanoTime);
    controllers.add(controller);
    return controller;
  }

  private boolean isReconciling() {
    return controllers.stream().anyMatch(Controller::isBusy);
  }

  /** Where kinds are watched; asked for more of them before {@link #start} only. */
  public Informers informers() {
    return informers;
  }

  /** What it was told of its surroundings. */
  public ControlPlaneConfig surroundings() {
    return surroundings;
  }

  /** The settings now in force. */
  public LiveConfig config() {
    return liveConfig;
  }

  /** Where plans are applied. */
  public Writer writer() {
    return writer;
  }

  /** Why an object could not be created, as a dry run tells; empty if it could. */
  public Optional<String> refusal(HasMetadata object) {
    return writer.refusal(object);
  }

  /** What stamps conditions. */
  public InstantSource clock() {
    return clock;
  }

  /**
   * Lists and watches every kind that was asked for, all at once, then starts the reconcilers.
   *
   * @throws CannotWatchException naming the kinds that cannot be watched
   */
  public void start() throws InterruptedException {
    informers.start(START_LIMIT);
    controllers.forEach(controller -> controller.start(surroundings.workers()));
  }

  /** Ends all passes and watches. */
  @Override
  public void close() {
    controllers.forEach(Controller::close);
    informers.close();
    events.close();
  }
}
