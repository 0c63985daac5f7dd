package dev.bellows.app.wiring;

/** A part of the system that may have a process of its own instead of a place in the whole's. */
public enum Part {
  CONTROL_PLANE("control-plane"),
  AUTOSCALER("autoscaler"),
  ACTIVATOR("activator"),
  GATEWAY("gateway");

  private final String command;

  Part(String command) {
    this.command = command;
  }

  /** The command that runs it, which is also the name of its ServiceAccount. */
  @Override
  public String toString() {
    return command;
  }
}
