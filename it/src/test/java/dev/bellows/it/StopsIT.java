package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C and SIGTERM: requests in flight get three seconds, then everything is gone. */
class StopsIT {
  private static final Path PROGRAM = Path.of("src/test/programs/log_ids.py").toAbsolutePath();

  @TempDir Path directory;

  @Test
  void aRequestInFlightIsAnsweredOneThatLastsIsCutAndNoProgramIsLeft() throws Exception {
    Command.require("python3");
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      bellows
          .bellows("image", "add", "test.local/ids", "--", "python3", PROGRAM.toString())
          .succeeded();
      Service service = Service.of("ids", "test.local/ids");
      service.applyAndAwaitReady(bellows, directory);
      CompletableFuture<HttpResponse<String>> quick =
          ask(bellows, service, "/?id=1&sleep=2", clients);
      CompletableFuture<HttpResponse<String>> lasting =
          ask(bellows, service, "/?id=2&sleep=60", clients);
      Awaitility.await()
          .atMost(30, TimeUnit.SECONDS)
          .until(() -> {
            String log = printed(directory.resolve("data/logs"));
            return log.contains("id 1\n") && log.contains("id 2\n");
          });
      List<ProcessHandle> programs = bellows.handle().descendants().toList();
      assertThat(programs).isNotEmpty();

      bellows.handle().destroy();

      assertThat(quick.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      assertThat(lasting.handle((answer, _) -> answer == null ? 0 : answer.statusCode()))
          .succeedsWithin(20, TimeUnit.SECONDS)
          .isNotEqualTo(200);
      assertThat(bellows.handle().onExit()).succeedsWithin(20, TimeUnit.SECONDS);
      assertThat(programs.stream().filter(ProcessHandle::isAlive)).isEmpty();
    }
  }

  /** All that programs have printed; a command that asks for it would take its time. */
  private static String printed(Path logs) throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(logs)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        all.append(Files.readString(each));
      }
    }
    return all.toString();
  }

  private static CompletableFuture<HttpResponse<String>> ask(
      BellowsProcess bellows, Service service, String pathAndQuery, ExecutorService clients) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return bellows.request(service.host(), pathAndQuery);
          } catch (Exception e) {
            throw new CompletionException(e);
          }
        },
        clients);
  }
}
