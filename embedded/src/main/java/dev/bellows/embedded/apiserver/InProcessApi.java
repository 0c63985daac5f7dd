package dev.bellows.embedded.apiserver;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * The API for callers in this process: the same requests, tokens, rights, limits and answers as
 * over HTTP, without a connection. A request is answered on the thread that asks.
 */
public final class InProcessApi {
  private final Consumer<ApiRequest> handler;

  InProcessApi(Consumer<ApiRequest> handler) {
    this.handler = handler;
  }

  /** Who asks. Called on the thread that asks, in this order. */
  public interface Client {
    /**
     * The answer begins.
     *
     * @param code as of HTTP
     * @param headers of the answer
     */
    void begin(int code, Map<String, List<String>> headers);

    /**
     * A part of the answer's body: all of it, or of a watch one event with its line's end.
     *
     * @param bytes shared, so only to be read
     * @throws InterruptedException if the client takes no more
     */
    void part(byte[] bytes) throws InterruptedException;

    /** The answer has ended. */
    void end();
  }

  /** A request that can be given up. */
  public final class Call {
    private final ApiRequest request;
    private final Reply reply;

    private Call(ApiRequest request, Reply reply) {
      this.request = request;
      this.reply = reply;
    }

    /** Has the request answered; returns when it is, of a watch when that ends. */
    public void run() {
      handler.accept(request);
    }

    /** Ends an answer in parts, from any thread: the client takes no more. */
    public void giveUp() {
      reply.leave();
    }
  }

  /**
   * A request, to be run.
   *
   * @param method {@code GET}, {@code POST}, …
   * @param uri path and query, encoded
   * @param headers names in any case
   * @param body empty if there is none
   * @throws IllegalArgumentException if the uri cannot be decoded
   */
  public Call call(
      String method, String uri, Map<String, List<String>> headers, byte[] body, Client client) {
    DefaultHttpHeaders fields = new DefaultHttpHeaders();
    headers.forEach(fields::add);
    Reply reply = new Reply(client);
    return new Call(ApiRequest.of(method, uri, fields, body, reply), reply);
  }

  /** Hands an answer to a client. */
  private static final class Reply implements Answer, Answer.Stream {
    private final Client client;
    private final List<String> warnings = new ArrayList<>();
    private final Queue<Runnable> onLeaving = new ConcurrentLinkedQueue<>();
    private volatile boolean left;

    Reply(Client client) {
      this.client = client;
    }

    @Override
    public void send(int code, String contentType, byte[] body) {
      client.begin(code, headers(contentType));
      try {
        client.part(body);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      client.end();
    }

    private Map<String, List<String>> headers(String contentType) {
      return warnings.isEmpty()
          ? Map.of("content-type", List.of(contentType))
          : Map.of("content-type", List.of(contentType), "warning", List.copyOf(warnings));
    }

    @Override
    public void warn(String text) {
      NettyAnswer.addWarning(warnings, text);
    }

    @Override
    public Stream stream(String contentType) {
      client.begin(200, headers(contentType));
      return this;
    }

    @Override
    public Stream passing(int code, Map<String, List<String>> headers) {
      client.begin(code, headers);
      return this;
    }

    @Override
    public void write(byte[] part) throws ClientGone {
      if (left) {
        throw new ClientGone("it has given up");
      }
      try {
        client.part(part);
      } catch (InterruptedException e) {
        throw new ClientGone("it takes no more");
      }
    }

    @Override
    public boolean isClosed() {
      return left;
    }

    @Override
    public void onClose(Runnable action) {
      onLeaving.add(action);
      if (left) {
        leave();
      }
    }

    void leave() {
      left = true;
      for (Runnable action = onLeaving.poll(); action != null; action = onLeaving.poll()) {
        action.run();
      }
    }

    @Override
    public void close() {
      client.end();
    }
  }
}
