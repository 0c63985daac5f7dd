package dev.bellows.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Stands between kn and the API and keeps what passes: one call at a time, as kn makes them. */
final class RecordingProxy implements AutoCloseable {
  private final String server;
  private final String token;
  private final HttpClient http;
  private final HttpServer listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<KnCall> calls = new ArrayList<>();
  private String of = "";

  RecordingProxy(String kubeconfig) throws IOException, GeneralSecurityException {
    Config config = Config.fromKubeconfig(kubeconfig);
    server = config.getMasterUrl().replaceFirst("/$", "");
    token = config.getAutoOAuthToken();
    http = HttpClient.newBuilder().sslContext(SSLUtils.sslContext(config)).build();
    listener = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    listener.setExecutor(threads);
    listener.createContext("/", this::pass);
    listener.start();
  }

  /** What points a client here. */
  String kubeconfig() {
    return """
    apiVersion: v1
    kind: Config
    clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
    users: [{name: u}]
    contexts: [{name: x, context: {cluster: c, user: u, namespace: default}}]
    current-context: x
    """
        .formatted(listener.getAddress().getPort());
  }

  /** What the calls from now on are made for. */
  synchronized void begin(String words) {
    of = words;
  }

  synchronized List<KnCall> calls() {
    return List.copyOf(calls);
  }

  private void pass(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().toString();
      String accept = exchange.getRequestHeaders().getFirst("Accept");
      String contentType = exchange.getRequestHeaders().getFirst("Content-Type");
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(server + path))
              .header("Authorization", "Bearer " + token)
              .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
      if (accept != null) {
        request.header("Accept", accept);
      }
      if (contentType != null) {
        request.header("Content-Type", contentType);
      }
      HttpResponse<java.io.InputStream> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      answer
          .headers()
          .map()
          .forEach((name, values) -> {
            if (name.equals("warning") || name.equals("content-type")) {
              exchange.getResponseHeaders().put(name, values);
            }
          });
      exchange.sendResponseHeaders(answer.statusCode(), 0);
      KnCall call =
          new KnCall(
              words(),
              exchange.getRequestMethod(),
              path,
              accept,
              contentType,
              body.length == 0 ? null : KnCall.JSON.readTree(body),
              answer.statusCode(),
              Map.of(),
              null);
      if (call.isWatch()) {
        passEvents(call, answer, exchange.getResponseBody());
      } else {
        byte[] text = answer.body().readAllBytes();
        keep(call, KnCall.chosen(KnCall.JSON.readTree(text)), null);
        exchange.getResponseBody().write(text);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void passEvents(KnCall call, HttpResponse<java.io.InputStream> answer, OutputStream out)
      throws IOException {
    int place = keep(call, Map.of(), null);
    Map<String, KnCall.Chosen> chosen = new LinkedHashMap<>();
    try (var lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      out.flush();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush(); // fails once kn has seen enough
        JsonNode event = KnCall.JSON.readTree(line);
        chosen.putAll(KnCall.chosen(event));
        replace(place, call, chosen, KnCall.Event.of(event));
      }
    }
  }

  private synchronized String words() {
    return of;
  }

  private synchronized int keep(
      KnCall call, Map<String, KnCall.Chosen> chosen, KnCall.@Nullable Event until) {
    calls.add(with(call, chosen, until));
    return calls.size() - 1;
  }

  private synchronized void replace(
      int place, KnCall call, Map<String, KnCall.Chosen> chosen, KnCall.Event until) {
    if (call.of().equals(of)) { // else it is told to a kn that has long ended
      calls.set(place, with(call, Map.copyOf(chosen), until));
    }
  }

  private static KnCall with(
      KnCall call, Map<String, KnCall.Chosen> chosen, KnCall.@Nullable Event until) {
    return new KnCall(
        call.of(),
        call.method(),
        call.path(),
        call.accept(),
        call.contentType(),
        call.body(),
        call.status(),
        chosen,
        until);
  }

  @Override
  public void close() {
    listener.stop(0);
    threads.shutdownNow();
    http.shutdownNow();
  }
}
