package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The real kubectl, against one server. */
final class Kubectl {
  private static final long PATIENCE_SECONDS = 60;

  private final Path kubeconfig;

  Kubectl(Path kubeconfig) {
    this.kubeconfig = kubeconfig;
  }

  /** What a command said. */
  record Said(int exit, String out, String err) {}

  /** Skips the test, aloud, where there is no kubectl. */
  static void assumeInstalled() {
    boolean installed;
    try {
      installed =
          new ProcessBuilder("kubectl", "version", "--client")
                  .redirectErrorStream(true)
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                  .start()
                  .waitFor()
              == 0;
    } catch (IOException e) {
      installed = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      installed = false;
    }
    if (!installed) {
      System.err.println("SKIPPED: kubectl is not on the PATH, so nothing shows that it works");
    }
    Assumptions.assumeTrue(installed, "kubectl is not on the PATH");
  }

  /** Runs a command that must end well, and returns what it said. */
  String run(String... arguments) throws Exception {
    return runWith("", Map.of(), arguments);
  }

  /** The same with something on standard input. */
  String runWith(String input, Map<String, String> environment, String... arguments)
      throws Exception {
    Said said = say(input, environment, arguments);
    assertThat(said.exit())
        .as("kubectl %s%n%s%n%s", String.join(" ", arguments), said.out(), said.err())
        .isZero();
    return said.out();
  }

  /** Runs a command, however it ends. */
  Said say(String input, Map<String, String> environment, String... arguments) throws Exception {
    ProcessBuilder builder = builder(arguments);
    builder.environment().putAll(environment);
    Process process = builder.start();
    CompletableFuture<String> error =
        CompletableFuture.supplyAsync(() -> {
          try {
            return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            return e.toString();
          }
        });
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    }
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return new Said(process.waitFor(), out, error.join());
  }

  /** A command that goes on, for example a watch; the caller ends it. */
  Process start(String... arguments) throws IOException {
    return builder(arguments).redirectErrorStream(true).start();
  }

  private ProcessBuilder builder(String... arguments) {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    // Discovery is cached per server address; a free port may have been another server's.
    builder
        .environment()
        .put("KUBECACHEDIR", kubeconfig.resolveSibling("kubectl-cache").toString());
    return builder;
  }
}
