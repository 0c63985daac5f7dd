package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Makes recorded calls of kn again, in their order. What a server chose then (uids, resource
 * versions) is exchanged for what the server chooses now.
 */
final class KnReplay implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int TRIES = 25;

  private final HttpClient http;
  private final String server;
  private final String token;
  private final Map<String, String> chosenNow = new ConcurrentHashMap<>();
  private Optional<Watch> open = Optional.empty();

  private record Watch(KnCall call, HttpResponse<InputStream> answer) {}

  KnReplay(String kubeconfig) throws IOException, GeneralSecurityException {
    Config config = Config.fromKubeconfig(kubeconfig);
    http = HttpClient.newBuilder().sslContext(SSLUtils.sslContext(config)).build();
    server = config.getMasterUrl().replaceFirst("/$", "");
    token = config.getAutoOAuthToken();
  }

  /** Makes one call; fails if it ends otherwise than it did. */
  void make(KnCall call) throws IOException, InterruptedException {
    if (call.isWatch()) {
      Watch watch = new Watch(call, send(call, null));
      assertThat(watch.answer().statusCode()).as(call.path()).isEqualTo(call.status());
      if (call.until() != null && call.until().type().equals("DELETED")) {
        open = Optional.of(watch); // kn looks first, then deletes
      } else {
        follow(watch);
      }
      return;
    }
    JsonNode body = call.body();
    HttpResponse<InputStream> answer = send(call, body);
    for (int i = 1; i < TRIES && isPassing(call, answer); i++) {
      LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
      if (body instanceof ObjectNode object && call.method().equals("PUT")) {
        body = onto(object, read(call.path()));
      }
      answer = send(call, body);
    }
    JsonNode text = KnCall.JSON.readTree(answer.body());
    assertThat(answer.statusCode())
        .as("%s %s: %s", call.method(), call.path(), text)
        .isEqualTo(call.status());
    learn(call.chosen(), KnCall.chosen(text));
    if (call.method().equals("DELETE") && open.isPresent()) {
      follow(open.get());
      open = Optional.empty();
    }
  }

  /** Whether kn would try again: the control plane has written in between, or not yet. */
  private static boolean isPassing(KnCall call, HttpResponse<InputStream> answer) {
    return switch (call.method()) {
      case "PUT" -> answer.statusCode() == HttpURLConnection.HTTP_CONFLICT;
      case "GET" ->
          answer.statusCode() == HttpURLConnection.HTTP_NOT_FOUND
              && call.status() == HttpURLConnection.HTTP_OK;
      default -> false;
    };
  }

  private JsonNode read(String path) throws IOException, InterruptedException {
    return KnCall.JSON.readTree(
        http.send(request(path).build(), HttpResponse.BodyHandlers.ofInputStream()).body());
  }

  private JsonNode onto(ObjectNode body, JsonNode present) {
    ObjectNode next = body.deepCopy();
    if (next.path("metadata") instanceof ObjectNode metadata) {
      metadata.set("resourceVersion", present.path("metadata").path("resourceVersion"));
    }
    return next;
  }

  /** Reads events until the one that ended kn's own watch. */
  private void follow(Watch watch) throws IOException, InterruptedException {
    KnCall.Event until = watch.call().until();
    try (InputStream body = watch.answer().body();
        var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      if (until != null) {
        CompletableFuture.runAsync(
                () -> {
                  try {
                    while (!until.equals(next(watch.call(), lines))) {}
                  } catch (IOException e) {
                    throw new UncheckedIOException(watch.call().path(), e);
                  }
                })
            .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("waiting for " + until + " of " + watch.call().of(), e);
    }
  }

  private KnCall.Event next(KnCall call, BufferedReader lines) throws IOException {
    String line = lines.readLine();
    assertThat(line).as("events of %s until %s", call.path(), call.until()).isNotNull();
    JsonNode event = KnCall.JSON.readTree(line);
    learn(call.chosen(), KnCall.chosen(event));
    return KnCall.Event.of(event);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server + path))
        .timeout(LIMIT)
        .header("Authorization", "Bearer " + token);
  }

  private HttpResponse<InputStream> send(KnCall call, @Nullable JsonNode body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request(now(call.path()))
            .method(
                call.method(),
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(now(body.toString())));
    if (call.accept() != null) {
      request.header("Accept", call.accept());
    }
    if (call.contentType() != null) {
      request.header("Content-Type", call.contentType());
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
  }

  private void learn(Map<String, KnCall.Chosen> then, Map<String, KnCall.Chosen> now) {
    then.forEach((object, before) -> {
      KnCall.Chosen present = now.get(object);
      if (present != null) {
        learn("\"uid\":\"%s\"", before.uid(), present.uid());
        learn("\"resourceVersion\":\"%s\"", before.resourceVersion(), present.resourceVersion());
        learn("resourceVersion=%s&", before.resourceVersion(), present.resourceVersion());
      }
    });
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that tests lack
  private void learn(String form, @Nullable String then, @Nullable String now) {
    if (then != null && now != null) {
      chosenNow.put(form.formatted(then), form.formatted(now));
    }
  }

  /** A request's text with what the server has chosen this time. */
  private String now(String text) {
    String result = text;
    for (var each : chosenNow.entrySet()) {
      if (text.contains(each.getKey())) {
        result = result.replace(each.getKey(), each.getValue());
      }
    }
    return result;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
