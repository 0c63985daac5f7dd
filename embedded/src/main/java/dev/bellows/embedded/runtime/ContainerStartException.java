package dev.bellows.embedded.runtime;

/**
 * A command could not be executed. The message is one line for the person who wrote the pod; it
 * becomes the message of the container's status.
 */
public final class ContainerStartException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A start refused before anything ran. */
  public ContainerStartException(String message) {
    super(message);
  }

  /** A start that the operating system refused. */
  public ContainerStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
