package dev.bellows.app.cli;

import dev.bellows.app.demo.Demo;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Starts everything, sends a few requests, and stops: run once per build by {@code ./bellows} to
 * record which classes a start needs (a class-data archive).
 */
@Command(name = "warm-up", hidden = true, description = "Record what a quick start needs.")
final class WarmUpCommand implements Callable<Integer> {
  @Override
  public Integer call() throws IOException, InterruptedException {
    try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream())) {
      new Demo(
              new Demo.Plan(List.of(), 4, Duration.ofSeconds(1), Duration.ofSeconds(6)),
              nowhere,
              Optional.empty())
          .rehearse();
    }
    return 0;
  }
}
