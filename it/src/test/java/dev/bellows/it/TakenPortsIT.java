package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that other people run on the machine, on every address of the ports that we prefer. */
class TakenPortsIT {
  private static final int[] USUAL = {8012, 8080, 8081, 9090};

  @TempDir private Path directory;

  @Test
  void whoHasTheUsualPortsOfOurPartsKeepsNobodyFromServing() throws Exception {
    List<ServerSocket> theirs = new ArrayList<>();
    try {
      for (int port : USUAL) {
        take(port, theirs);
      }
      try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"))) {
        Service hello = Service.of("hello", "dev.local/helloworld");
        hello.applyAndAwaitReady(bellows, directory);
        assertThat(bellows.request(hello.host(), "/").statusCode()).isEqualTo(200);
      }
    } finally {
      for (ServerSocket socket : theirs) {
        socket.close();
      }
    }
  }

  private static void take(int port, List<ServerSocket> theirs) throws IOException {
    try {
      theirs.add(new ServerSocket(port));
    } catch (BindException already) {
      // Somebody has it in earnest.
    }
  }
}
