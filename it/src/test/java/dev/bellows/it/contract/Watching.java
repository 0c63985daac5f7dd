package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A watch under way: its events, one after the other. */
final class Watching implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String END = "";

  private final BlockingQueue<String> events;
  private final int code;
  private final Closing closing;

  @FunctionalInterface
  private interface Closing {
    void close() throws IOException;
  }

  /** One event, {@code {type, object}}. */
  record Event(String type, JsonNode object) {
    String name() {
      return object.at("/metadata/name").asText();
    }

    String resourceVersion() {
      return object.at("/metadata/resourceVersion").asText();
    }

    /** Type and name, as cases compare them. */
    @Override
    public String toString() {
      return type + " " + name();
    }
  }

  private Watching(int code, BlockingQueue<String> events, Closing closing) {
    this.code = code;
    this.events = events;
    this.closing = closing;
  }

  static Watching lines(HttpResponse<InputStream> response) {
    InputStream body = response.body();
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    Thread.ofVirtual()
        .start(() -> {
          try (BufferedReader lines =
              new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            lines.lines().filter(line -> !line.isBlank()).forEach(events::add);
          } catch (IOException | RuntimeException e) {
            // The watch is over, which is all that a case asks; what it missed it will notice.
          }
          events.add(END);
        });
    return new Watching(response.statusCode(), events, body::close);
  }

  static Watching messages(HttpClient http, URI uri, List<String> headers) {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    WebSocket.Builder builder = http.newWebSocketBuilder();
    builder.header("Origin", "https://127.0.0.1"); // kube-apiserver insists on one
    for (int i = 0; i < headers.size(); i += 2) {
      builder.header(headers.get(i), headers.get(i + 1));
    }
    WebSocket socket =
        builder
            .buildAsync(
                uri,
                new WebSocket.Listener() {
                  private final StringBuilder part = new StringBuilder();

                  @Override
                  public CompletionStage<?> onText(
                      WebSocket from, CharSequence data, boolean last) {
                    part.append(data);
                    if (last) {
                      events.add(part.toString());
                      part.setLength(0);
                    }
                    from.request(1);
                    return null;
                  }

                  @Override
                  public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
                    events.add(END);
                    return null;
                  }

                  @Override
                  public void onError(WebSocket from, Throwable error) {
                    events.add(END);
                  }
                })
            .join();
    return new Watching(101, events, socket::abort);
  }

  int code() {
    return code;
  }

  /** The next event; fails if none comes. */
  Event next() {
    String text = take();
    assertThat(text).as("the watch ended instead of telling an event").isNotEqualTo(END);
    JsonNode event = Wire.value(text);
    return new Event(event.path("type").asText(), event.path("object"));
  }

  /** The next event that is no bookmark. */
  Event nextChange() {
    Event event = next();
    while (event.type().equals("BOOKMARK")) {
      event = next();
    }
    return event;
  }

  /** The next event of a type; those of others are passed over. */
  Event next(String type) {
    Event event = next();
    while (!event.type().equals(type)) {
      event = next();
    }
    return event;
  }

  /** Tells every event until the watch ends. */
  void tell(Consumer<Event> listener) throws InterruptedException {
    for (String text = events.take(); !text.equals(END); text = events.take()) {
      JsonNode event = Wire.value(text);
      listener.accept(new Event(event.path("type").asText(), event.path("object")));
    }
  }

  /** Waits until the server ends the watch. */
  void ends() {
    while (!take().equals(END)) {
      // What comes before the end does not matter here.
    }
  }

  private String take() {
    try {
      String text = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(text).as("nothing came for %s", PATIENCE).isNotNull();
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while watching", e);
    }
  }

  @Override
  public void close() {
    try {
      closing.close();
    } catch (IOException e) {
      // It was to be closed, and is.
    }
  }
}
