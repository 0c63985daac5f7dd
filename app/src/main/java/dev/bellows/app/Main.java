package dev.bellows.app;

import dev.bellows.app.cli.BellowsCommand;

/** The program's entry: {@code bellows COMMAND}. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(BellowsCommand.run(arguments));
  }
}
