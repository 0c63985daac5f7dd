package dev.bellows.controlplane.reconcile.revision;

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

  /** What is known of this image now. */
  Resolution resolve(String image);

  /**
   * Images by names that a node knows without a registry; their names are taken as they are.
   *
   * @param isKnown whether a name was added
   */
  static DigestResolver ofLocalImages(Predicate<String> isKnown) {
    return image ->
        isKnown.test(image)
            ? new Resolution.Known("")
            : new Resolution.Unknown(
                "no image of that name is known here; add it with: bellows image add "
                    + image
                    + " -- COMMAND");
  }
}
