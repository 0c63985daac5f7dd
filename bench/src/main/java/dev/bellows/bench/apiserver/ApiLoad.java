package dev.bellows.bench.apiserver;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiServer;
import dev.bellows.embedded.apiserver.NodeAccess;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * How many writes does the embedded API server take, how long does a long list last, and does it
 * stay small? Server and clients share this process, so the figures bear the clients' work, too.
 *
 * <p>Expected, on two cores: 1,500 writes/s of 64 writers through TLS while 200 watches follow, at
 * least 5 writes per synced transaction; a list of 10,000 in 300 ms; after a million updates of
 * 1,000 objects a file of at most 64 MiB and at most 30 MB more resident memory.
 */
public final class ApiLoad implements AutoCloseable {
  private static final int NAMESPACES = 200;
  private static final int OBJECTS = 10_000;
  private static final int WRITERS = 64;
  private static final Duration WRITING = Duration.ofSeconds(15);
  private static final int LISTS = 11;
  private static final int UPDATED_OBJECTS = 1_000;
  private static final int UPDATES = Integer.getInteger("updates", 1_000_000);

  private final Path home = Files.createTempDirectory("bellows-api-load");
  private final DataDirectory directory = DataDirectory.claim(home);
  private final ObjectStore store = ObjectStore.open(directory);
  private final Registry registry = Registry.open(store, InstantSource.system(), List.of());
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ApiServer server;
  private final List<HttpClient> clients = new ArrayList<>();
  private final String token;
  private volatile boolean over;

  private ApiLoad() throws IOException, GeneralSecurityException {
    server =
        ApiServer.start(
            registry,
            NodeAccess.withoutNode((pod, options) -> new ByteArrayInputStream(new byte[0])),
            directory,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Config config = Config.fromKubeconfig(Files.readString(server.kubeconfig()));
    token = config.getAutoOAuthToken();
    for (int i = 0; i < 8; i++) {
      clients.add(HttpClient.newBuilder().sslContext(SSLUtils.sslContext(config)).build());
    }
  }

  /** Prints a line per figure. */
  public static void main(String[] arguments) throws Exception {
    try (ApiLoad load = new ApiLoad()) {
      load.createObjects();
      load.listObjects();
      load.writeUnderWatches();
      load.updateOften();
    }
    System.exit(0); // the watches' connections hold the clients' threads
  }

  private static ObjectNode configMap(String namespace, String name, long value) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.putObject("metadata").put("name", name).put("namespace", namespace);
    object.putObject("data").put("value", Long.toString(value)).put("filling", "x".repeat(200));
    return object;
  }

  private static String namespace(long i) {
    return "n" + i % NAMESPACES;
  }

  private static String path(long i) {
    return "/api/v1/namespaces/" + namespace(i) + "/configmaps";
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path))
        .header("Authorization", "Bearer " + token)
        .header("Content-Type", "application/json");
  }

  private void send(HttpRequest request, long which, int expected) {
    try {
      HttpClient client = clients.get((int) (which % clients.size()));
      HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (response.statusCode() != expected) {
        throw new IllegalStateException(request + " answered " + response.statusCode());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Has the writers do this with growing numbers until they are told to stop. */
  private long write(long until, LongConsumer write, Duration limit) throws Exception {
    AtomicLong next = new AtomicLong();
    long end = System.nanoTime() + limit.toNanos();
    List<Future<?>> writers = new ArrayList<>();
    for (int w = 0; w < WRITERS; w++) {
      writers.add(
          threads.submit(() -> {
            for (long i = next.getAndIncrement();
                i < until && System.nanoTime() < end;
                i = next.getAndIncrement()) {
              write.accept(i);
            }
          }));
    }
    for (Future<?> writer : writers) {
      writer.get();
    }
    return Math.min(until, next.get() - WRITERS);
  }

  private void createObjects() throws Exception {
    for (int i = 0; i < NAMESPACES; i++) {
      ObjectNode namespace = JsonNodeFactory.instance.objectNode();
      namespace.putObject("metadata").put("name", namespace(i));
      registry.create(ResourceTypes.NAMESPACES, namespace);
    }
    report(
        "creating " + OBJECTS + " objects",
        i ->
            send(
                request(path(i))
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            configMap(namespace(i), "c" + i, 0).toString()))
                    .build(),
                i,
                201),
        OBJECTS,
        Duration.ofMinutes(2));
  }

  private void report(String what, LongConsumer write, long count, Duration limit)
      throws Exception {
    long writes = store.writes();
    long commits = store.commits();
    long start = System.nanoTime();
    write(count, write, limit);
    double seconds = (System.nanoTime() - start) / 1e9;
    long written = store.writes() - writes;
    System.out.printf(
        "%s: %.0f writes/s, %.1f writes per sync%n",
        what, written / seconds, (double) written / (store.commits() - commits));
  }

  private void listObjects() {
    long[] nanos = new long[LISTS];
    for (int i = 0; i < LISTS; i++) {
      long start = System.nanoTime();
      send(request("/api/v1/configmaps").GET().build(), 0, 200);
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    System.out.printf(
        "list of %d: median %.0f ms, longest %.0f ms%n",
        OBJECTS, nanos[LISTS / 2] / 1e6, nanos[LISTS - 1] / 1e6);
  }

  private void writeUnderWatches() throws Exception {
    AtomicLong events = new AtomicLong();
    for (int i = 0; i < NAMESPACES; i++) {
      HttpRequest watch =
          request(path(i) + "?watch=true&resourceVersion=" + store.revision()).GET().build();
      HttpResponse<InputStream> response =
          clients.get(i % clients.size()).send(watch, HttpResponse.BodyHandlers.ofInputStream());
      threads.submit(() -> count(response.body(), events));
    }
    long before = events.get();
    report(
        NAMESPACES + " watches, " + WRITERS + " writers",
        i ->
            send(
                request(path(i % OBJECTS) + "/c" + i % OBJECTS)
                    .PUT(
                        HttpRequest.BodyPublishers.ofString(
                            configMap(namespace(i % OBJECTS), "c" + i % OBJECTS, i + 1).toString()))
                    .build(),
                i,
                200),
        Long.MAX_VALUE,
        WRITING);
    System.out.printf("  the watches told %d events%n", events.get() - before);
  }

  /** Counts lines: each event is one. */
  private void count(InputStream body, AtomicLong events) {
    byte[] buffer = new byte[16 << 10];
    try (body) {
      for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
        for (int i = 0; i < n; i++) {
          if (buffer[i] == '\n') {
            events.incrementAndGet();
          }
        }
      }
    } catch (IOException e) {
      if (!over) {
        System.out.println("  a watch ended: " + e.getMessage());
      }
    }
  }

  private void updateOften() throws Exception {
    ResourceType type = ResourceTypes.CONFIG_MAPS;
    System.gc();
    long before = residentKib();
    report(
        UPDATES + " updates of " + UPDATED_OBJECTS + " objects, in process",
        i -> {
          long which = i % UPDATED_OBJECTS;
          registry.edit(
              type,
              namespace(which),
              "c" + which,
              object -> {
                object.withObjectProperty("data").put("value", Long.toString(-i - 1));
                return object;
              });
        },
        UPDATES,
        Duration.ofMinutes(20));
    System.gc();
    System.out.printf(
        "  resident memory grew by %.1f MB; the files have %.1f MiB%n",
        (residentKib() - before) * 1024 / 1e6, fileBytes() / (double) (1 << 20));
  }

  private static long residentKib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IllegalStateException("no VmRSS in /proc/self/status");
  }

  private long fileBytes() throws IOException {
    long bytes = 0;
    try (var files = Files.list(home)) {
      for (Path file : files.filter(each -> each.toString().contains("state.db")).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  @Override
  public void close() throws IOException {
    over = true;
    server.close();
    store.close();
    directory.close();
    try (var files = Files.walk(home)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
