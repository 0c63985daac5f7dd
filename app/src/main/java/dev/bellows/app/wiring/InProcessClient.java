package dev.bellows.app.wiring;

import dev.bellows.embedded.apiserver.FieldOwners;
import dev.bellows.embedded.apiserver.InProcessApi;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpClient;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import io.fabric8.kubernetes.client.http.StandardHttpHeaders;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import io.fabric8.kubernetes.client.http.StandardWebSocketBuilder;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import io.fabric8.kubernetes.client.http.WebSocketResponse;
import io.fabric8.kubernetes.client.http.WebSocketUpgradeResponse;
import io.fabric8.kubernetes.client.utils.HttpClientUtils;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The transport of a Kubernetes client whose API server is in the same process: it hands requests
 * over instead of sending them. Requests are answered on the caller's thread. Each watch has a
 * thread of its own, on which its events are also read and told: it is a platform thread, since
 * whoever waits for what a watch shows, or plans on what it has not shown yet, must not have it
 * stand in line behind all the virtual threads that make the changes. Logs cannot be followed this
 * way, and no program attached to.
 *
 * <p>Who owns which field ({@code metadata.managedFields}) is left out of what is read: no part of
 * ours asks, an update without it keeps it, and of most objects it is the larger half.
 */
final class InProcessClient
    extends StandardHttpClient<
        InProcessClient, InProcessClient.Factory, InProcessClient.ClientBuilder> {
  private final InProcessApi api;

  private InProcessClient(ClientBuilder builder, AtomicBoolean closed) {
    super(builder, closed);
    this.api = builder.api;
  }

  /** A client that asks this API; its configuration's address is not dialled. */
  static KubernetesClient of(InProcessApi api, Config config) {
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientFactory(new Factory(api))
        .withTaskExecutor(new WhereItArrives())
        .build();
  }

  /**
   * Has what a watch's event asks for done by the watch's own thread, anything else by a new one.
   */
  private static final class WhereItArrives implements Executor {
    // As many threads as tasks: watches that begin or end, which are few.
    private final Executor others =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("api-client").factory());

    @Override
    public void execute(Runnable task) {
      if (Thread.currentThread() instanceof WatchThread watch) {
        watch.tasks.add(task);
      } else {
        others.execute(task);
      }
    }
  }

  /** Answers one watch. */
  private static final class WatchThread extends Thread {
    private final Runnable watch;

    /** Asked for by this thread; done before the next event. */
    private final Deque<Runnable> tasks = new ArrayDeque<>();

    WatchThread(Runnable watch) {
      this.watch = watch;
      setName("api-watch");
      setDaemon(true);
    }

    @Override
    public void run() {
      watch.run();
      doTasks();
    }

    /** Not where a task is asked for: who asks may hold a lock. */
    void doTasks() {
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        task.run();
      }
    }
  }

  @Override
  public CompletableFuture<HttpResponse<AsyncBody>> consumeBytesDirect(
      StandardHttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
    try {
      Whole answer = new Whole(request, consumer);
      call(request.method(), request, body(request), answer).run();
      return CompletableFuture.completedFuture(answer);
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public CompletableFuture<WebSocketResponse> buildWebSocketDirect(
      StandardWebSocketBuilder builder, WebSocket.Listener listener) {
    StandardHttpRequest request = builder.asHttpRequest();
    Watched watched = new Watched(request, listener);
    try {
      InProcessApi.Call call = call("GET", request, new byte[0], watched);
      watched.call = call;
      new WatchThread(call::run).start();
      return watched.begun;
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private InProcessApi.Call call(
      String method, StandardHttpRequest request, byte[] body, InProcessApi.Client client) {
    URI uri = request.uri();
    String query = uri.getRawQuery();
    Map<String, List<String>> headers = request.headers();
    String type = request.getContentType();
    if (type != null && request.header("Content-Type") == null) {
      headers = new LinkedHashMap<>(headers);
      headers.put("Content-Type", List.of(type));
    }
    return api.call(
        method, uri.getRawPath() + (query == null ? "" : "?" + query), headers, body, client);
  }

  private static byte[] body(StandardHttpRequest request) throws IOException {
    return switch (request.body()) {
      case null -> new byte[0];
      case StandardHttpRequest.StringBodyContent text ->
          text.getContent().getBytes(StandardCharsets.UTF_8);
      case StandardHttpRequest.ByteArrayBodyContent bytes -> bytes.getContent();
      case StandardHttpRequest.InputStreamBodyContent stream -> stream.getContent().readAllBytes();
      default -> throw new IOException("a body of an unknown form: " + request.body());
    };
  }

  @Override
  protected void doClose() {
    // Nothing is open: watches are closed by who began them.
  }

  /** An answer as a whole, and its body. */
  private static final class Whole extends StandardHttpHeaders
      implements InProcessApi.Client, HttpResponse<AsyncBody>, AsyncBody {
    private final StandardHttpRequest request;
    private final AsyncBody.Consumer<List<ByteBuffer>> consumer;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private int code;
    private Map<String, List<String>> headers = Map.of();
    private byte @Nullable [] bytes;

    Whole(StandardHttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
      this.request = request;
      this.consumer = consumer;
    }

    @Override
    public void begin(int code, Map<String, List<String>> headers) {
      this.code = code;
      this.headers = headers;
    }

    @Override
    public void part(byte[] part) throws InterruptedException {
      if (bytes != null) {
        throw new InterruptedException("an answer in parts is only taken as a watch");
      }
      bytes = FieldOwners.without(part);
    }

    @Override
    public void end() {
      // The body is taken when it is asked for.
    }

    @Override
    public List<String> headers(String key) {
      return headers.getOrDefault(key.toLowerCase(Locale.ROOT), List.of());
    }

    @Override
    public Map<String, List<String>> headers() {
      return headers;
    }

    @Override
    public int code() {
      return code;
    }

    @Override
    public AsyncBody body() {
      return this;
    }

    @Override
    public StandardHttpRequest request() {
      return request;
    }

    @Override
    public Optional<HttpResponse<?>> previousResponse() {
      return Optional.empty();
    }

    @Override
    public void consume() {
      byte[] rest = bytes;
      if (done.isDone()) {
        return;
      }
      if (rest == null || rest.length == 0) {
        done.complete(null);
        return;
      }
      bytes = new byte[0];
      try {
        consumer.consume(List.of(ByteBuffer.wrap(rest)), this);
        done.complete(null);
      } catch (Exception e) {
        done.completeExceptionally(e);
      }
    }

    @Override
    public CompletableFuture<Void> done() {
      return done;
    }

    @Override
    public void cancel() {
      done.cancel(false);
    }
  }

  /** A watch, in the form of a WebSocket: an event per message, each when it is asked for. */
  private static final class Watched implements InProcessApi.Client, WebSocket {
    private static final int NORMAL = 1000;

    private final StandardHttpRequest request;
    private final WebSocket.Listener listener;
    private final CompletableFuture<WebSocketResponse> begun = new CompletableFuture<>();
    private final Semaphore wanted = new Semaphore(1);
    private final AtomicBoolean closed = new AtomicBoolean();
    private InProcessApi.@Nullable Call call; // set before the thread that asks begins
    private boolean refused;

    Watched(StandardHttpRequest request, WebSocket.Listener listener) {
      this.request = request;
      this.listener = listener;
    }

    @Override
    public void begin(int code, Map<String, List<String>> headers) {
      refused = code != 200;
      WebSocketUpgradeResponse response = new WebSocketUpgradeResponse(request, code, headers);
      if (refused) {
        begun.complete(new WebSocketResponse(response, new WebSocketHandshakeException(response)));
      } else {
        listener.onOpen(this);
        begun.complete(new WebSocketResponse(response, this));
      }
    }

    @Override
    public void part(byte[] bytes) throws InterruptedException {
      if (refused) {
        return; // the code says enough
      }
      wanted.acquire();
      if (closed.get()) {
        throw new InterruptedException("the watch was closed");
      }
      listener.onMessage(this, new String(FieldOwners.without(bytes), StandardCharsets.UTF_8));
      if (Thread.currentThread() instanceof WatchThread own) {
        own.doTasks();
      }
    }

    @Override
    public void end() {
      if (!refused && closed.compareAndSet(false, true)) {
        listener.onClose(this, NORMAL, "the watch has ended");
      }
    }

    @Override
    public boolean send(ByteBuffer buffer) {
      return false; // a watch does not listen
    }

    @Override
    public boolean sendClose(int code, String reason) {
      if (!closed.compareAndSet(false, true)) {
        return false;
      }
      InProcessApi.Call asked = call;
      if (asked != null) {
        asked.giveUp();
      }
      wanted.release();
      listener.onClose(this, code, "closed by the client");
      return true;
    }

    @Override
    public long queueSize() {
      return 0;
    }

    @Override
    public void request() {
      wanted.release();
    }
  }

  /** Makes such clients for one API. */
  static final class Factory implements HttpClient.Factory {
    private final InProcessApi api;

    Factory(InProcessApi api) {
      this.api = api;
    }

    @Override
    public HttpClient.Builder newBuilder(Config config) {
      // Without the usual settings of connections: there is none, and trust takes long to load.
      ClientBuilder builder = new ClientBuilder(this, api);
      HttpClientUtils.createApplicableInterceptors(config, this)
          .forEach(builder::addOrReplaceInterceptor);
      return builder;
    }

    @Override
    public HttpClient.Builder newBuilder() {
      return new ClientBuilder(this, api);
    }
  }

  /** Builds such clients. */
  static final class ClientBuilder
      extends StandardHttpClientBuilder<InProcessClient, Factory, ClientBuilder> {
    private final InProcessApi api;

    ClientBuilder(Factory factory, InProcessApi api) {
      super(factory);
      this.api = api;
    }

    @Override
    public HttpClient build() {
      AtomicBoolean closed = client == null ? new AtomicBoolean() : client.getClosed();
      return new InProcessClient(this, closed);
    }

    @Override
    protected ClientBuilder newInstance(Factory factory) {
      return new ClientBuilder(factory, api);
    }
  }
}
