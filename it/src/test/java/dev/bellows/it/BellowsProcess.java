package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The whole system, started as its users start it, in a process of its own. */
final class BellowsProcess implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  static final Path LIBRARIES =
      Path.of("").toAbsolutePath().resolveSibling("app").resolve("target/lib");

  private final Path dataDirectory;
  private final Process process;
  private final JsonNode announced;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final List<String> prefix;

  private BellowsProcess(
      List<String> prefix, Path dataDirectory, Process process, JsonNode announced) {
    this.prefix = prefix;
    this.dataDirectory = dataDirectory;
    this.process = process;
    this.announced = announced;
  }

  /** Starts it on free ports and returns once it says that it is ready. */
  static BellowsProcess start(Path dataDirectory, String... further) throws IOException {
    return start(dataDirectory, 0, further);
  }

  /** The same with its gateway at a port, and with further words. */
  static BellowsProcess start(Path dataDirectory, int port, String... further) throws IOException {
    return start(List.of(), dataDirectory, port, further);
  }

  /**
   * The same by way of another program.
   *
   * @param prefix what comes before its own words, as {@code setpriv}
   */
  static BellowsProcess start(List<String> prefix, Path dataDirectory, int port, String... further)
      throws IOException {
    List<String> words = new ArrayList<>(prefix);
    words.addAll(
        words(
            "up",
            "--data-dir",
            dataDirectory.toString(),
            "--port",
            String.valueOf(port),
            "--output",
            "json"));
    words.addAll(List.of(further));
    if (!words.contains("--api-port")) {
      words.addAll(List.of("--api-port", "0"));
    }
    Path errors = dataDirectory.resolveSibling(dataDirectory.getFileName() + ".err");
    Process process = new ProcessBuilder(words).redirectError(errors.toFile()).start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = firstLine(process, lines);
    assertThat(line).as("the first line of `up`; it said %s", Files.readString(errors)).isNotNull();
    return new BellowsProcess(prefix, dataDirectory, process, JSON.readTree(line));
  }

  /** One that never says that it is ready fails its test, and does not hold up all others. */
  private static @Nullable String firstLine(Process process, BufferedReader lines) {
    try {
      return CompletableFuture.supplyAsync(
              () -> {
                try {
                  return lines.readLine();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              },
              task -> Thread.ofPlatform().daemon().start(task))
          .orTimeout(START_LIMIT.toSeconds(), TimeUnit.SECONDS)
          .join();
    } catch (CompletionException e) {
      process.destroyForcibly();
      throw new AssertionError("`up` did not say that it is ready within " + START_LIMIT, e);
    }
  }

  /** Runs another subcommand against this one's data directory. */
  Command.Result bellows(String... arguments) {
    List<String> words = new ArrayList<>(prefix);
    words.addAll(List.of(command(inDirectory(dataDirectory, arguments))));
    return Command.of(words.toArray(String[]::new)).run();
  }

  /** The words of a subcommand, and which data directory it is about. */
  static String[] inDirectory(Path dataDirectory, String... arguments) {
    // The option goes before what follows "--": that belongs to somebody else.
    List<String> words = new ArrayList<>(List.of(arguments));
    int dashes = words.indexOf("--");
    words.addAll(
        dashes < 0 ? words.size() : dashes, List.of("--data-dir", dataDirectory.toString()));
    return words.toArray(String[]::new);
  }

  /** The words that run a subcommand in a process of its own. */
  String[] command(String... arguments) {
    return words(arguments).toArray(String[]::new);
  }

  /** Runs kubectl against it. */
  Command.Result kubectl(String... arguments) {
    return kubectlCommand(arguments).run();
  }

  Command kubectlCommand(String... arguments) {
    List<String> words = new ArrayList<>(List.of("kubectl"));
    words.addAll(List.of(arguments));
    return Command.of(words.toArray(String[]::new)).with("KUBECONFIG", kubeconfig().toString());
  }

  URI gateway() {
    return URI.create(announced.path("gateway").asText());
  }

  /** Where the gateway takes TLS. */
  URI gatewayTls() {
    return URI.create(announced.path("gatewayTls").asText());
  }

  Path kubeconfig() {
    return Path.of(announced.path("kubeconfig").asText());
  }

  /** Sends a request to a service by its host name; answers with the response's text. */
  HttpResponse<String> request(String host, String pathAndQuery)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(gateway().resolve(pathAndQuery))
            .header("Host", host)
            .timeout(Duration.ofSeconds(60))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** As a power cut would end it. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(15, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The words that run the command line in a process of its own. */
  static List<String> words(String... arguments) {
    List<String> words = QuickStart.words();
    words.addAll(List.of(arguments));
    return words;
  }

  /** The same from libraries that lie elsewhere. */
  static List<String> words(Path libraries, String... arguments) {
    List<String> words = new ArrayList<>();
    words.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xmx320m",
            "-ea",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djdk.httpclient.allowRestrictedHeaders=host",
            "-cp",
            libraries + "/*",
            "dev.bellows.app.Main"));
    words.addAll(List.of(arguments));
    return words;
  }
}
