package dev.bellows.it.contract;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An API server as its clients meet it, close to the wire: what is sent and what is answered is
 * seen as it is. The client library helps only to read the kubeconfig.
 */
final class Api {
  static final String JSON_PATCH = "application/json-patch+json";
  static final String MERGE_PATCH = "application/merge-patch+json";
  static final String STRATEGIC_PATCH = "application/strategic-merge-patch+json";
  static final String APPLY_PATCH = "application/apply-patch+yaml";
  static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
  static final String PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
  static final String PARTIAL_LIST =
      "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final HttpClient http;
  private final String server;
  private final List<String> credentials;

  private Api(HttpClient http, String server, List<String> credentials) {
    this.http = http;
    this.server = server;
    this.credentials = credentials;
  }

  /** The server that a kubeconfig's current context names. */
  static Api of(String kubeconfig) {
    Config config = Config.fromKubeconfig(kubeconfig);
    try {
      HttpClient http =
          HttpClient.newBuilder()
              .sslContext(SSLUtils.sslContext(config))
              .connectTimeout(LIMIT)
              .build();
      String server = config.getMasterUrl().replaceFirst("/$", "");
      String token = config.getAutoOAuthToken();
      return new Api(
          http, server, token == null ? List.of() : List.of("Authorization", "Bearer " + token));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("no TLS from this kubeconfig", e);
    }
  }

  /** The same server, asked with another bearer token; with none if it is empty. */
  Api as(String token) {
    return new Api(
        http, server, token.isEmpty() ? List.of() : List.of("Authorization", "Bearer " + token));
  }

  /** A request on its way to being sent. */
  final class Request {
    private final String method;
    private final String path;
    private final List<String> headers = new ArrayList<>();
    private byte[] body = {};

    private Request(String method, String path) {
      this.method = method;
      this.path = path;
      header("User-Agent", "contract/1.0");
    }

    Request header(String name, String value) {
      headers.add(name);
      headers.add(value);
      return this;
    }

    Request accept(String type) {
      return header("Accept", type);
    }

    Request body(String contentType, String text) {
      return body(contentType, text.getBytes(StandardCharsets.UTF_8));
    }

    Request body(String contentType, byte[] bytes) {
      body = bytes.clone();
      return header("Content-Type", contentType);
    }

    Request body(JsonNode json) {
      return body("application/json", json.toString());
    }

    private HttpRequest build() {
      List<String> all = new ArrayList<>(credentials);
      all.addAll(headers);
      return HttpRequest.newBuilder(URI.create(server + path))
          .method(
              method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
          .headers(all.toArray(String[]::new))
          .timeout(LIMIT)
          .build();
    }

    Reply send() {
      HttpResponse<String> response = sendFor(BodyHandlers.ofString());
      return new Reply(
          method + " " + path, response.statusCode(), response.headers(), response.body());
    }

    /** Sends it; the answer is taken as it is. */
    HttpResponse<byte[]> sendForBytes() {
      return sendFor(BodyHandlers.ofByteArray());
    }

    /** Sends it; the answer is read as it comes. */
    HttpResponse<InputStream> sendForStream() {
      return sendFor(BodyHandlers.ofInputStream());
    }

    /** Sends it as a watch: the answer is read as it comes. */
    Watching watch() {
      return Watching.lines(sendFor(BodyHandlers.ofInputStream()));
    }

    private <T> HttpResponse<T> sendFor(HttpResponse.BodyHandler<T> handler) {
      try {
        return http.send(build(), handler);
      } catch (IOException e) {
        throw new UncheckedIOException(method + " " + path + " at " + server, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted at " + method + " " + path, e);
      }
    }
  }

  Request request(String method, String path) {
    return new Request(method, path);
  }

  Reply get(String path) {
    return request("GET", path).send();
  }

  Reply post(String path, JsonNode body) {
    return request("POST", path).body(body).send();
  }

  Reply put(String path, JsonNode body) {
    return request("PUT", path).body(body).send();
  }

  Reply delete(String path) {
    return request("DELETE", path).send();
  }

  Reply delete(String path, String options) {
    return request("DELETE", path).body(Wire.object(options)).send();
  }

  /** {@code patch} is written as {@link Wire} reads it. */
  Reply patch(String kind, String path, String patch, Object... arguments) {
    return request("PATCH", path).body(kind, Wire.value(patch, arguments).toString()).send();
  }

  /** Server-side apply, not by force. */
  Reply apply(String manager, String path, JsonNode body) {
    String separator = path.contains("?") ? "&" : "?";
    return request("PATCH", path + separator + "fieldManager=" + manager)
        .body(APPLY_PATCH, body.toString())
        .send();
  }

  Watching watch(String path) {
    return request("GET", path).watch();
  }

  /** A watch by WebSocket: one message per event. */
  Watching webSocketWatch(String path) {
    return Watching.messages(
        http,
        URI.create(server.toLowerCase(Locale.ROOT).replaceFirst("^http", "ws") + path),
        credentials);
  }
}
