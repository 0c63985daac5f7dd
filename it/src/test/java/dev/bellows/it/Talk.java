package dev.bellows.it;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A WebSocket to a host of the gateway. */
record Talk(HttpClient client, WebSocket socket, BlockingQueue<String> said)
    implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  static Talk at(URI gateway, String host) throws Exception {
    BlockingQueue<String> said = new LinkedBlockingQueue<>();
    HttpClient client = HttpClient.newHttpClient();
    WebSocket socket =
        client
            .newWebSocketBuilder()
            .header("Host", host)
            .buildAsync(URI.create("ws://" + gateway.getAuthority() + "/"), new Into(said))
            .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    return new Talk(client, socket, said);
  }

  /** What is answered, or {@code over: } and how it ended. */
  @Nullable String say(String text) throws Exception {
    socket.sendText(text, true).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    return said.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    socket.abort();
    client.shutdownNow();
  }

  private record Into(BlockingQueue<String> said) implements WebSocket.Listener {
    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
      said.add(text.toString());
      socket.request(1);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      said.add("over: " + error);
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      said.add("over: " + code);
      return null;
    }
  }
}
