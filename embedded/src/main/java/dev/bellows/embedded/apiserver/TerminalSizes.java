package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.TerminalSize;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How large a client's window is, as its resize stream tells: one JSON document per change, {@code
 * {"Width":80,"Height":24}}.
 */
final class TerminalSizes {
  private static final Logger LOG = LoggerFactory.getLogger(TerminalSizes.class);

  /** How long the first size is waited for, so that a program finds it when it starts. */
  private static final Duration FIRST = Duration.ofMillis(500);

  private final CompletableFuture<TerminalSize> first = new CompletableFuture<>();
  private @Nullable TerminalSize latest;
  private @Nullable Attachment program;

  /** Reads the stream until it ends. */
  static TerminalSizes of(InputStream documents) {
    TerminalSizes sizes = new TerminalSizes();
    Thread.ofVirtual().name("terminal-sizes").start(() -> sizes.read(documents));
    return sizes;
  }

  private void read(InputStream documents) {
    try (MappingIterator<JsonNode> messages = Json.values(documents)) {
      while (messages.hasNextValue()) {
        JsonNode size = messages.nextValue();
        heard(new TerminalSize(size.path("Width").asInt(), size.path("Height").asInt()));
      }
    } catch (IOException | IllegalArgumentException e) {
      LOG.debug("a terminal is not resized any more", e);
    }
  }

  private synchronized void heard(TerminalSize size) {
    latest = size;
    first.complete(size);
    if (program != null) {
      program.resize(size);
    }
  }

  /** Waits a little for the first; clients send it at once. */
  void awaitFirst() {
    first.completeOnTimeout(new TerminalSize(0, 0), FIRST.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  /** From now on the program is told of each. */
  synchronized void tell(Attachment attachment) {
    program = attachment;
    if (latest != null) {
      attachment.resize(latest);
    }
  }
}
