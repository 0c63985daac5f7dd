package dev.bellows.embedded.runtime;

import java.util.List;

/** What a container executes, once it is known what its image's name stands for. */
public sealed interface Executable {
  /**
   * A program of this machine.
   *
   * @param command program and arguments, at least one element
   */
  record Program(List<String> command) implements Executable {
    public Program {
      command = List.copyOf(command);
      if (command.isEmpty()) {
        throw new IllegalArgumentException("a program without a command");
      }
    }
  }

  /**
   * An image with a file system of its own.
   *
   * @param name as a container engine knows it
   * @param entryPoint what is executed instead of the image's own; empty = the image's own
   * @param arguments what follows; empty = the image's own, if the entry point is
   */
  record OfImage(String name, List<String> entryPoint, List<String> arguments)
      implements Executable {
    public OfImage {
      entryPoint = List.copyOf(entryPoint);
      arguments = List.copyOf(arguments);
    }
  }
}
