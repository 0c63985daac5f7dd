package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.PodLogs;
import dev.bellows.embedded.runtime.log.LogLine;
import dev.bellows.embedded.runtime.log.LogReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * The logs of a node's pods, as {@code kubectl logs} asks for them. They are files, so they can be
 * read whether the kubelet runs the pod still or not.
 */
public final class ContainerLogs implements PodLogs {
  /** How often to look for what was written since: no more than a person notices. */
  private static final Duration FOLLOW_POLL = Duration.ofMillis(50);

  private final Path root;
  private final Function<ObjectNode, Optional<ObjectNode>> present;

  /**
   * The logs below the directory that a {@link Node} was given.
   *
   * @param present the present state of a pod, if that very pod is still there: whether a log that
   *     is followed may go on
   */
  public ContainerLogs(Path root, Function<ObjectNode, Optional<ObjectNode>> present) {
    this.root = root;
    this.present = present;
  }

  @Override
  public InputStream open(ObjectNode pod, Options options) throws IOException {
    JsonNode status = status(pod, options.container());
    int restart = status.path("restartCount").asInt(0);
    boolean neverStarted =
        restart == 0
            && !status.path("state").has("running")
            && !status.path("state").has("terminated");
    if (options.previous() && restart == 0) {
      throw ApiException.badRequest(
          "previous terminated container \""
              + options.container()
              + "\" in pod \""
              + pod.path("metadata").path("name").asText()
              + "\" not found");
    }
    if (neverStarted) {
      throw ApiException.badRequest(
          "container \""
              + options.container()
              + "\" in pod \""
              + pod.path("metadata").path("name").asText()
              + "\" is waiting to start: "
              + status.path("state").path("waiting").path("reason").asText("ContainerCreating"));
    }
    // Between two starts the one that is counted has not begun; show the one that ended.
    boolean waiting = status.path("state").has("waiting");
    int wanted = options.previous() || waiting ? Math.max(0, restart - 1) : restart;
    Path log = PodDirectory.of(root, pod).log(options.container(), wanted);
    OptionalLong last = options.tailLines();
    LogReader reader =
        last.isPresent() && last.getAsLong() >= 0
            ? LogReader.ofLast(log, last.getAsLong())
            : new LogReader(log);
    boolean follow = options.follow() && !options.previous();
    return new Reading(
        reader,
        options,
        follow ? Optional.of(new Start(pod, options.container(), restart)) : Optional.empty());
  }

  private static JsonNode status(JsonNode pod, String container) {
    for (String list : new String[] {"containerStatuses", "initContainerStatuses"}) {
      for (JsonNode status : pod.path("status").path(list)) {
        if (status.path("name").asText().equals(container)) {
          return status;
        }
      }
    }
    return MissingNode.getInstance();
  }

  /** The start of a container whose log is followed. */
  private record Start(ObjectNode pod, String container, int restart) {}

  private final class Reading extends InputStream {
    private final LogReader reader;
    private final Options options;
    private final Optional<Start> followed;
    private byte[] text = new byte[0];
    private int at;
    private long left;
    private boolean ended;
    private volatile boolean closed;
    private boolean withinLine;

    Reading(LogReader reader, Options options, Optional<Start> followed) {
      this.reader = reader;
      this.options = options;
      this.followed = followed;
      this.left = options.limitBytes().orElse(Long.MAX_VALUE);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0; // asked for nothing, so nothing is waited for
      }
      while (at == text.length) {
        if (closed || left <= 0 || !fill()) {
          return -1;
        }
      }
      int count = (int) Math.min(Math.min(length, text.length - at), left);
      System.arraycopy(text, at, target, offset, count);
      at += count;
      left -= count;
      return count;
    }

    /** Gets more text; answers whether there may be some. */
    private boolean fill() throws IOException {
      List<LogLine> lines = reader.read();
      if (!lines.isEmpty()) {
        take(lines);
        return true;
      }
      if (followed.isEmpty() || ended) {
        return false;
      }
      // Looked at before the last read: what it wrote before its end will be there then.
      ended = !mayGoOn(followed.get());
      if (!ended) {
        pause();
      }
      return true;
    }

    private void take(List<LogLine> lines) {
      List<LogLine> wanted =
          options.since().isEmpty()
              ? lines
              : lines.stream().filter(line -> !line.at().isBefore(options.since().get())).toList();
      show(wanted);
    }

    private void show(List<LogLine> lines) {
      StringBuilder shown = new StringBuilder();
      for (LogLine line : lines) {
        if (options.timestamps() && !withinLine) {
          shown.append(line.stamp()).append(' ');
        }
        shown.append(line.text());
        if (!line.partial()) {
          shown.append('\n');
        }
        withinLine = line.partial();
      }
      text = shown.toString().getBytes(StandardCharsets.UTF_8);
      at = 0;
    }

    private void pause() throws IOException {
      try {
        Thread.sleep(FOLLOW_POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }

    @Override
    public void close() throws IOException {
      closed = true;
      reader.close();
    }
  }

  /** Whether that start of the container may still write. */
  private boolean mayGoOn(Start start) {
    return present
        .apply(start.pod())
        .map(pod -> {
          JsonNode status = status(pod, start.container());
          return status.path("restartCount").asInt(0) == start.restart()
              && status.path("state").has("running");
        })
        .orElse(false);
  }
}
