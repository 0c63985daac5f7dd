package dev.bellows.app.cli;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long a part that requests pass through goes on once it is told to stop. */
final class LameDuck {
  @Option(
      names = "--lame-duck",
      paramLabel = "SECONDS",
      description =
          "how long it goes on as usual once told to stop, while others notice (default: 45)")
  private int seconds = 45;

  Duration duration() {
    return Duration.ofSeconds(seconds);
  }
}
