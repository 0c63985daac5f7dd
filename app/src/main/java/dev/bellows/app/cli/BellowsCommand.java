package dev.bellows.app.cli;

import dev.bellows.app.wiring.StartException;
import java.io.PrintWriter;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line as a whole: its commands, and what becomes of errors. */
@Command(
    name = "bellows",
    description = "Gives an HTTP service as many instances as its requests need, from zero on.",
    mixinStandardHelpOptions = true,
    versionProvider = BellowsVersion.class,
    subcommands = {
      HelpCommand.class,
      UpCommand.class,
      DemoCommand.class,
      ApplyCommand.class,
      GetCommand.class,
      DescribeCommand.class,
      LogsCommand.class,
      WaitCommand.class,
      DeleteCommand.class,
      ImageCommand.class,
      ControlPlaneCommand.class,
      AutoscalerCommand.class,
      ActivatorCommand.class,
      GatewayCommand.class,
      QueueProxyCommand.class,
      KubeletCommand.class,
      WarmUpCommand.class
    },
    footer = {
      "",
      "Exit codes: 0 done, 1 it did not work (the last line says why), 2 the words were wrong."
    })
public final class BellowsCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  /**
   * Runs one command line.
   *
   * @return the exit code: 0 done, 1 failed, 2 wrong usage
   */
  public static int run(String... arguments) {
    return commandLine().execute(arguments);
  }

  static CommandLine commandLine() {
    return new CommandLine(new BellowsCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((error, words) -> {
          reportWords(error);
          return 2;
        })
        .setExecutionExceptionHandler((error, line, parsed) -> {
          report(error, line.getErr());
          return error instanceof UserError mistake ? mistake.exitCode() : 1;
        });
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }

  // picocli would add the whole help, and the nearest command, which may be delete.
  private static void reportWords(ParameterException error) {
    CommandLine line = error.getCommandLine();
    line.getErr()
        .printf(
            "bellows: %s; see: %s --help%n",
            String.valueOf(error.getMessage()).replaceAll("\\s*\\R\\s*", " "),
            line.getCommandSpec().qualifiedName());
  }

  // A person's mistake is one line; our own mistake keeps its trace, in the log.
  private static void report(Exception error, PrintWriter err) {
    if (error instanceof UserError
        || (error instanceof StartException start && start.isExplained())) {
      // Conditions quote what programs wrote, and that may be many lines.
      err.println("bellows: " + String.valueOf(error.getMessage()).replaceAll("\\s*\\R\\s*", " "));
      return;
    }
    err.println("bellows: " + error + " (this is a defect of Bellows; the trace is above)");
    LoggerFactory.getLogger(BellowsCommand.class).error("command failed", error);
  }
}
