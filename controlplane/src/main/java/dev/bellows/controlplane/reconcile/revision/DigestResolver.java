package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.watch.Key;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Finds out what an image name stands for when a Revision is made, so that its pods run the same
 * image for ever even if the tag moves on (serving spec §3). Asking never blocks.
 */
@FunctionalInterface
public interface DigestResolver {
  /** What is known of an image. */
  sealed interface Resolution {
    /**
     * It is known.
     *
     * @param image the name with a digest; empty = the name is taken as it is
     */
    record Known(String image) implements Resolution {}

    /** It is being found out; the resolver wakes the Revision. */
    record Pending() implements Resolution {}

    /**
     * It cannot be had.
     *
     * @param why for the Revision's condition
     */
    record Unknown(String why) implements Resolution {}
  }

  /** What is known now of an image that the Revision names. */
  Resolution resolve(Revision revision, String image);

  /** Calls {@code listener} with each Revision about whose images there is something new. */
  default void onResolved(Consumer<Key> listener) {}

  /** The Revision needs no answers any more: it has them all, or it is gone. */
  default void forget(Key revision) {}

  /**
   * Images by names that a node knows without a registry; their names are taken as they are.
   *
   * @param isKnown whether a name was added
   */
  static DigestResolver ofLocalImages(Predicate<String> isKnown) {
    return (_, image) ->
        isKnown.test(image)
            ? new Resolution.Known("")
            : new Resolution.Unknown(
                "no image of that name is known here; add it with: bellows image add "
                    + image
                    + " -- COMMAND");
  }
}
