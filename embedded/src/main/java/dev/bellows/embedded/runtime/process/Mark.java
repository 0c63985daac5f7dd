package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.ContainerId;
import java.util.Optional;

/**
 * The variable that every process of a container carries in its environment: whose it is. It finds
 * children that left the process group, and proves before a kill that a process is no stranger.
 *
 * @param runtimeId the runtime that started it
 * @param start the start of a container, as {@link ContainerId} writes it
 */
record Mark(String runtimeId, String start) {
  static final String VARIABLE = "BELLOWS_CONTAINER";

  static Mark of(String runtimeId, ContainerId id) {
    return new Mark(runtimeId, id.toString());
  }

  /** The mark that a process carries. */
  static Optional<Mark> ofProcess(long pid) {
    return ProcessTable.variable(pid, VARIABLE).flatMap(Mark::parse);
  }

  private static Optional<Mark> parse(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? Optional.empty()
        : Optional.of(new Mark(text.substring(0, slash), text.substring(slash + 1)));
  }

  /** {@code runtime/pod/container/restart}, the variable's value. */
  @Override
  public String toString() {
    return runtimeId + "/" + start;
  }
}
