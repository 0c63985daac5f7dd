package dev.bellows.embedded.image;

/** Nobody knows the image. The message says how to make it known; it is shown with the pod. */
public final class ImageUnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  ImageUnavailableException(String reference) {
    super(
        "image \""
            + reference
            + "\" is not in the local image registry: run `bellows image add "
            + reference
            + " -- COMMAND`");
  }

  ImageUnavailableException(String reference, String unreadable) {
    super("image \"" + reference + "\" is not known: " + unreadable);
  }

  ImageUnavailableException(String reference, IllegalArgumentException cause) {
    super("image \"" + reference + "\": " + cause.getMessage(), cause);
  }
}
