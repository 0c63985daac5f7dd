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

  /**
   * An image that a container engine does not get.
   *
   * @param why what the engine says
   * @param cause what went wrong
   */
  public ImageUnavailableException(String reference, String why, Throwable cause) {
    super("image \"" + reference + "\" is not to be had: " + why, cause);
  }

  ImageUnavailableException(String reference, String unreadable) {
    super("image \"" + reference + "\" is not known: " + unreadable);
  }

  ImageUnavailableException(String reference, IllegalArgumentException cause) {
    super("image \"" + reference + "\": " + cause.getMessage(), cause);
  }
}
