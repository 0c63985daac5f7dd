package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * An API server for the cases to run on. What they make there has names of this run alone, and is
 * taken away at the end.
 */
final class Backend implements AutoCloseable {
  /** The name of the server that the others are the measure of. */
  static final String EMBEDDED = "embedded";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A server that can be stopped. */
  @FunctionalInterface
  interface Server extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  private final String name;
  private final Api api;
  private final Server server;
  private final String run = Long.toString(System.nanoTime() & 0xffffff, 36);
  private final AtomicInteger named = new AtomicInteger();
  private final ConcurrentMap<Class<?>, String> namespaces = new ConcurrentHashMap<>();
  private final Deque<String> leftovers = new ArrayDeque<>();

  /**
   * @param name how reports call it
   * @param server what is stopped at the end
   */
  Backend(String name, Api api, Server server) {
    this.name = name;
    this.api = api;
    this.server = server;
  }

  /** Whether this is the embedded API server. */
  boolean isEmbedded() {
    return name.equals(EMBEDDED);
  }

  Api api() {
    return api;
  }

  /** A name that nothing else has, here or in another run. */
  String unique(String prefix) {
    return prefix + "-" + run + "-" + named.incrementAndGet();
  }

  /** The namespace of a class of cases. */
  String namespaceOf(Class<?> cases) {
    return namespaces.computeIfAbsent(
        cases,
        type -> {
          String word = type.getSimpleName().replace("ContractTest", "").toLowerCase(Locale.ROOT);
          return freshNamespace(word);
        });
  }

  /** A namespace with everything in it that a pod needs. */
  String freshNamespace(String prefix) {
    String namespace = unique(prefix);
    api.post("/api/v1/namespaces", Wire.object("{metadata: {name: '%s'}}", namespace)).is(201);
    deleteAtEnd("/api/v1/namespaces/" + namespace);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() ->
            api.get("/api/v1/namespaces/" + namespace + "/serviceaccounts/default").code() == 200);
    return namespace;
  }

  /** Says what a case has left behind outside its namespace. */
  void deleteAtEnd(String path) {
    leftovers.push(path);
  }

  @Override
  public void close() throws IOException {
    try (server) {
      Set<Integer> codes = new HashSet<>();
      for (String path : leftovers) {
        codes.add(api.delete(path).code());
      }
      assertThat(codes).as("answers when cleaning up %s", name).isSubsetOf(200, 202, 404, 409);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
