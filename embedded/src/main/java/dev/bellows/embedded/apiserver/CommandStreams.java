package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.stream.ByteStream;
import dev.bellows.embedded.stream.StreamConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The standard streams of one command as its client has opened them. */
final class CommandStreams {
  /** How long a client may take to open them all; a kubelet's limit. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Map<String, ByteStream> streams;

  /**
   * Which streams there are to be.
   *
   * @param tty whether the program gets a terminal; its two outputs are one then
   */
  record Wanted(boolean stdin, boolean stdout, boolean stderr, boolean tty) {
    /**
     * What a request asks for.
     *
     * @throws ApiException 400 if that is nothing
     */
    static Wanted of(ApiRequest request) {
      boolean tty = request.flag("tty");
      Wanted wanted =
          new Wanted(
              request.flag("stdin"), request.flag("stdout"), request.flag("stderr") && !tty, tty);
      if (!wanted.stdin && !wanted.stdout && !wanted.stderr) {
        throw ApiException.badRequest("you must specify at least 1 of stdin, stdout, stderr");
      }
      return wanted;
    }

    private List<String> types() {
      List<String> types = new ArrayList<>(List.of("error"));
      if (stdin) {
        types.add("stdin");
      }
      if (stdout) {
        types.add("stdout");
      }
      if (stderr) {
        types.add("stderr");
      }
      if (tty) {
        types.add("resize");
      }
      return types;
    }
  }

  private CommandStreams(Map<String, ByteStream> streams) {
    this.streams = streams;
  }

  /**
   * Waits until the client has opened them.
   *
   * @throws IOException if it does not
   */
  static CommandStreams collect(StreamConnection connection, Wanted wanted) throws IOException {
    List<String> types = wanted.types();
    Map<String, ByteStream> streams = new HashMap<>();
    long end = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!streams.keySet().containsAll(types)) {
        Duration left = Duration.ofNanos(end - System.nanoTime());
        Optional<ByteStream> opened = connection.accept(left);
        if (opened.isEmpty()) {
          throw new IOException("the client did not open its streams");
        }
        ByteStream stream = opened.get();
        if (types.contains(stream.type())) {
          streams.put(stream.type(), stream);
        } else {
          stream.input().close();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return new CommandStreams(streams);
  }

  Optional<ByteStream> find(String type) {
    return Optional.ofNullable(streams.get(type));
  }

  /** Says how it ended, and that no stream goes on. */
  void tell(ObjectNode status) throws IOException {
    for (Map.Entry<String, ByteStream> each : streams.entrySet()) {
      if (!each.getKey().equals("error")) {
        each.getValue().output().close();
      }
    }
    ByteStream error = streams.get("error");
    if (error != null) {
      error.output().write(Json.bytes(status));
      error.output().close();
    }
  }
}
