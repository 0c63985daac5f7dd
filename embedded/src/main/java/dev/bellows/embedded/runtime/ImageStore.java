package dev.bellows.embedded.runtime;

import dev.bellows.embedded.image.ImageUnavailableException;

/** The images of a runtime that runs more than programs of this machine. */
public interface ImageStore {
  /** When an image is fetched ({@code imagePullPolicy}). */
  enum PullPolicy {
    ALWAYS,
    IF_NOT_PRESENT,
    NEVER;

    /** The policy that a container's field means; Kubernetes writes it into every pod. */
    public static PullPolicy of(String word) {
      return switch (word) {
        case "Always" -> ALWAYS;
        case "Never" -> NEVER;
        default -> IF_NOT_PRESENT;
      };
    }
  }

  /** Whether containers of an image can be started now, or after it was fetched from elsewhere. */
  boolean mayHave(String image);

  /**
   * Sees to it that an image is there; may take minutes.
   *
   * @throws ImageUnavailableException if it cannot be had; the message says why
   */
  void require(String image, PullPolicy policy) throws ImageUnavailableException;
}
