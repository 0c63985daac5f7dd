package dev.bellows.controlplane.reconcile;

import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Views;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one pass has written, and what was refused because somebody else had written. The next pass
 * of its key waits until the views show that: planned on a state from before, it would write the
 * same again, with new times, or be refused again.
 *
 * <p>Bounded by the steps of a plan. Filled by the pass's own thread.
 */
final class OwnWrites {
  private static final ScopedValue<OwnWrites> PASS = ScopedValue.newInstance();

  private final List<Written> writes = new ArrayList<>();

  /**
   * A state that there is.
   *
   * @param version of the state, or the least that it can have
   * @param isNew whether the views may know nothing of the object: it is not seen yet then
   * @param ours whether the pass has made it
   */
  private record Written(
      Class<? extends HasMetadata> type, Key key, long version, boolean isNew, boolean ours) {}

  /** Runs a pass, on this thread, whose writes are noted here. */
  Outcome during(ScopedValue.CallableOp<Outcome, RuntimeException> pass) {
    return ScopedValue.where(PASS, this).call(pass);
  }

  /** The pass that runs on this thread, if one does, has created an object of this version. */
  static void created(HasMetadata object, String version) {
    number(version).ifPresent(number -> note(object, number, true, true));
  }

  /** The pass that runs on this thread, if one does, has changed an object to this version. */
  static void changed(HasMetadata object, String version) {
    number(version).ifPresent(number -> note(object, number, false, true));
  }

  /** The pass was refused to create an object: there is one that it has not seen. */
  static void existedBefore(HasMetadata object) {
    note(object, 0, true, false);
  }

  /** The pass was refused to change an object: there is a later state than the one it has seen. */
  static void changedBefore(HasMetadata seen) {
    version(seen).ifPresent(version -> note(seen, version + 1, false, false));
  }

  private static void note(HasMetadata object, long version, boolean isNew, boolean ours) {
    if (PASS.isBound()) {
      PASS.get().writes.add(new Written(object.getClass(), Key.of(object), version, isNew, ours));
    }
  }

  /** A version as a number, which it is by convention only; empty where it is none. */
  private static Optional<Long> version(HasMetadata object) {
    return number(object.getMetadata().getResourceVersion());
  }

  private static Optional<Long> number(@Nullable String version) {
    try {
      return Optional.of(Long.parseLong(version));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** The version that the pass has given to an object; empty if it has not written that. */
  OptionalLong versionOf(Class<? extends HasMetadata> type, Key key) {
    return writes.stream()
        .filter(written -> written.ours())
        .filter(written -> written.type().equals(type) && written.key().equals(key))
        .mapToLong(Written::version)
        .max();
  }

  /** Whether a state of an object is the one that has this version. */
  static boolean isVersion(HasMetadata state, long version) {
    return version(state).filter(seen -> seen == version).isPresent();
  }

  /** Whether the views show all of it, or later states. */
  boolean areShown(Views views) {
    writes.removeIf(
        written -> views.of(written.type()).map(view -> isShown(written, view)).orElse(true));
    return writes.isEmpty();
  }

  private static boolean isShown(Written written, Watched<?> view) {
    return view.find(written.key())
        .map(seen -> version(seen).map(version -> version >= written.version()).orElse(true))
        .orElse(!written.isNew());
  }
}
