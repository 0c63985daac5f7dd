package dev.bellows.it;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;

/** A whole system that the scenarios run on, however it is put together. */
interface TestedSystem extends AutoCloseable {
  /** The forms that there are. */
  enum Form {
    /** A real control plane, a node that has joined it, and every part in a process of its own. */
    REAL_CONTROL_PLANE,
    /** One process and pods as processes, without any rights. */
    UNPRIVILEGED,
    /** The same with root's rights, pods in networks of their own. */
    PRIVILEGED,
    /** One process, pods as containers of an image. */
    PODMAN;

    /** Starts one; skips the test aloud where the machine lacks what it needs. */
    TestedSystem start(Path directory) throws Exception {
      return switch (this) {
        case UNPRIVILEGED -> OneProcess.unprivileged(directory);
        case PRIVILEGED -> OneProcess.privileged(directory);
        case PODMAN -> OneProcess.ofImages(directory);
        case REAL_CONTROL_PLANE -> RealSystem.start(directory);
      };
    }
  }

  /** An image whose program prints the id of every request, and answers with it. */
  String image();

  /** Where the gateway is. */
  URI gateway();

  /** Runs kubectl as whoever may do everything. */
  Command.Result kubectl(String... arguments);

  /** Ends, as a power cut would, whoever leads where several could; nobody where there is one. */
  default void killLeaders() throws InterruptedException {}

  /**
   * Fails if one of its parts has a right that no scenario made it use, or asked for something that
   * it has no right to; passes where its parts have the owner's rights.
   */
  default void checkRights() throws IOException {}

  /** Sends a request to a service by its host name. */
  default HttpResponse<String> request(HttpClient client, String host, String pathAndQuery)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(gateway().resolve(pathAndQuery))
            .header("Host", host)
            .timeout(Duration.ofSeconds(60))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Override
  void close() throws IOException;
}
