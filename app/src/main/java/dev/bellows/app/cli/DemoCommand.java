package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.app.demo.Demo;
import dev.bellows.app.demo.Terminal;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bellows demo}: shows the main job on a fresh machine, and judges it. */
@Command(
    name = "demo",
    description = {
      "Run a service from zero to many and back, and show it.",
      "Everything happens in a throw-away directory on free ports; nothing is left behind.",
      "Fails if a request failed, if it did not scale, or if it did not return to zero."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  @Option(names = "--plot", paramLabel = "FILE", description = "draw the run into this SVG file")
  private Optional<Path> plot = Optional.empty();

  @Option(names = "--json", description = "end with one JSON object on the last line")
  private boolean json;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "requests kept in flight (default: ${DEFAULT-VALUE})",
      defaultValue = "50")
  private int concurrency;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "how long the load lasts (default: ${DEFAULT-VALUE})",
      defaultValue = "30")
  private int seconds;

  @Option(
      names = "--window",
      paramLabel = "N",
      description = "the autoscaler's stable window in seconds (default: ${DEFAULT-VALUE})",
      defaultValue = "20")
  private int window;

  @Parameters(
      paramLabel = "PROGRAM",
      description =
          "a program to scale instead of the built-in one; it must serve HTTP on port $PORT"
              + " (bellows demo -- python3 app.py)")
  private List<String> program = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (concurrency < 1 || seconds < 1 || window < 6) {
      throw UserError.wrongWords(
          "--concurrency and --seconds must be at least 1, --window at least 6");
    }
    plot.ifPresent(DemoCommand::checkWritable);
    // A program that reads the last line of standard output must not meet a chart there.
    PrintStream out = json ? System.err : System.out;
    Demo demo =
        new Demo(
            new Demo.Plan(
                program, concurrency, Duration.ofSeconds(seconds), Duration.ofSeconds(window)),
            out,
            json ? Optional.empty() : Terminal.ofThisProcess());
    Demo.Outcome outcome = demo.run();
    summarize(out, outcome);
    if (plot.isPresent()) {
      Files.writeString(plot.get(), demo.svg(outcome));
      out.println("Picture: " + plot.get());
    }
    if (json) {
      System.out.println(new ObjectMapper().writeValueAsString(outcome));
    }
    return outcome.succeeded() ? 0 : 1;
  }

  // Now, not after a minute's run.
  private static void checkWritable(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file)
        || directory == null
        || !Files.isDirectory(directory)
        || !Files.isWritable(Files.exists(file) ? file : directory)) {
      throw UserError.wrongWords("--plot " + file + ": no file can be written there");
    }
  }

  private void summarize(PrintStream out, Demo.Outcome outcome) {
    if (outcome.requests() > 0) {
      out.printf(
          Locale.ROOT,
          """

            requests         %,d, failed %d
            latency          p50 %.0f ms, p99 %.0f ms
            ready pods       at most %d
            back to zero     %s
            one from zero    %.0f ms
          """,
          outcome.requests(),
          outcome.failed(),
          outcome.p50Millis(),
          outcome.p99Millis(),
          outcome.peakReadyPods(),
          outcome.returnedToZero()
              ? String.format(Locale.ROOT, "%.1f s after the load ended", outcome.secondsToZero())
              : "no",
          outcome.coldStartMillis());
    }
    out.println(outcome.succeeded() ? "\nIt worked." : "\nIt did not work: " + outcome.problem());
  }
}
