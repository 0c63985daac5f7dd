package dev.bellows.controlplane.registry;

/** A registry did not say what an image is; the message says why not. */
final class RegistryException extends Exception {
  private static final long serialVersionUID = 1L;

  RegistryException(String message) {
    super(message);
  }
}
