package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/** Answers {@code pods/NAME/log}. */
final class LogRequests {
  private static final int CHUNK_BYTES = 16 << 10;

  private final Registry registry;
  private final PodLogs logs;

  LogRequests(Registry registry, PodLogs logs) {
    this.registry = registry;
    this.logs = logs;
  }

  void handle(ApiPath path, ApiRequest request) {
    if (!request.method().equals("GET")) {
      throw ApiException.methodNotAllowed();
    }
    ObjectNode pod = registry.get(ResourceTypes.PODS, path.namespace(), path.name());
    send(logs, pod, ContainerChoice.of(pod, request.parameter("container")), request);
  }

  /** Answers with a container's log, as the request's parameters want it. */
  static void send(PodLogs logs, ObjectNode pod, String container, ApiRequest request) {
    PodLogs.Options options =
        new PodLogs.Options(
            container,
            request.flag("follow"),
            request.flag("previous"),
            request.flag("timestamps"),
            request.number("tailLines"),
            since(request),
            request.number("limitBytes"));
    try (InputStream log = logs.open(pod, options)) {
      send(log, request);
    } catch (IOException e) {
      throw ApiException.internal(
          "the log of pod " + pod.path("metadata").path("name").asText() + ": " + e.getMessage());
    }
  }

  private static void send(InputStream log, ApiRequest request) throws IOException {
    try (Answer.Stream stream = request.answer().stream("text/plain")) {
      stream.onClose(() -> close(log));
      byte[] buffer = new byte[CHUNK_BYTES];
      for (int read = log.read(buffer); read >= 0 && !stream.isClosed(); read = log.read(buffer)) {
        stream.write(Arrays.copyOf(buffer, read));
      }
    } catch (Answer.ClientGone e) {
      return; // a reader who has seen enough
    }
  }

  private static void close(InputStream log) {
    try {
      log.close();
    } catch (IOException e) {
      return; // it is being left anyway
    }
  }

  private static Optional<Instant> since(ApiRequest request) {
    OptionalLong seconds = request.number("sinceSeconds");
    if (seconds.isPresent()) {
      return Optional.of(Instant.now().minusSeconds(seconds.getAsLong()));
    }
    String time = request.parameter("sinceTime");
    try {
      return time.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(time));
    } catch (DateTimeException e) {
      throw ApiException.badRequest("sinceTime: Invalid value: \"" + time + "\"");
    }
  }
}
