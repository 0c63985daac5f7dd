package dev.bellows.controlplane.reconcile;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writes of which only the version matters that they make. fabric8's own make an object of each
 * answer, and send all of an object to change its status; they are most of what a control plane
 * does. Retries, tokens and time limits are those of the client that is given.
 *
 * <p>Every method throws {@link KubernetesClientException} as fabric8's do, with code 0 if there
 * was no answer.
 */
final class PlainWrites {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String JSON = "application/json";
  private static final String MERGE_PATCH = "application/merge-patch+json";

  private final HttpClient http;
  private final KubernetesSerialization serialization;
  private final String server;
  private final int timeoutMillis;

  /** By kind; as many as there are kinds. */
  private final Map<Class<?>, String> plurals = new ConcurrentHashMap<>();

  /**
   * @param client stays the caller's
   */
  PlainWrites(KubernetesClient client) {
    this.http = client.getHttpClient();
    this.serialization = client.getKubernetesSerialization();
    String url = client.getMasterUrl().toString();
    this.server = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.timeoutMillis = client.getConfiguration().getRequestTimeout();
  }

  /**
   * Creates an object.
   *
   * @return its version, empty if the answer names none
   */
  String create(HasMetadata object) {
    return send("POST", collection(object), JSON, serialization.asJson(object));
  }

  /** Changes an object by a JSON merge patch; answers as {@link #create}. */
  String patch(HasMetadata object, ObjectNode patch) {
    return send("PATCH", path(object), MERGE_PATCH, patch.toString());
  }

  /** Gives an object the status that this one has, without its spec; answers as {@link #create}. */
  String updateStatus(CustomResource<?, ?> object) {
    ObjectNode offer = MAPPER.createObjectNode();
    offer.put("apiVersion", object.getApiVersion()).put("kind", object.getKind());
    // All of the metadata: of what an update leaves out a server forgets who has set it. What it
    // knows of the spec it keeps.
    offer.putRawValue("metadata", new RawValue(serialization.asJson(object.getMetadata())));
    offer.putRawValue("status", new RawValue(serialization.asJson(object.getStatus())));
    try {
      return send("PUT", path(object) + "/status", JSON, MAPPER.writeValueAsString(offer));
    } catch (JsonProcessingException e) {
      throw new KubernetesClientException("the status of " + path(object) + " is no JSON", e);
    }
  }

  private String path(HasMetadata object) {
    return collection(object) + "/" + object.getMetadata().getName();
  }

  private String collection(HasMetadata object) {
    String version = object.getApiVersion();
    String namespace = object.getMetadata().getNamespace();
    return (version.indexOf('/') < 0 ? "/api/" : "/apis/")
        + version
        + (namespace == null ? "" : "/namespaces/" + namespace)
        + "/"
        + plurals.computeIfAbsent(object.getClass(), any -> object.getPlural());
  }

  private String send(String method, String path, String type, String body) {
    HttpRequest request =
        http.newHttpRequestBuilder()
            .uri(URI.create(server + path))
            .method(method, type, body)
            .timeout(timeoutMillis, TimeUnit.MILLISECONDS)
            .build();
    try {
      HttpResponse<byte[]> answer = http.sendAsync(request, byte[].class).get();
      if (!answer.isSuccessful()) {
        throw new KubernetesClientException(refusal(answer));
      }
      return version(answer.body());
    } catch (ExecutionException e) {
      throw unanswered(request, e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unanswered(request, e);
    } catch (IOException e) {
      throw unanswered(request, e);
    }
  }

  private static KubernetesClientException unanswered(HttpRequest request, Throwable cause) {
    String message = "%s %s: %s".formatted(request.method(), request.uri().getPath(), cause);
    return new KubernetesClientException(message, cause, 0, null, request);
  }

  private Status refusal(HttpResponse<byte[]> answer) {
    Status status = null;
    if (answer.body() != null && answer.body().length > 0) {
      try {
        status =
            serialization.unmarshal(
                new String(answer.body(), StandardCharsets.UTF_8), Status.class);
      } catch (RuntimeException e) {
        status = null; // somebody in between has answered
      }
    }
    StatusBuilder told = status == null ? new StatusBuilder() : new StatusBuilder(status);
    if (told.getMessage() == null) {
      told.withMessage("the API server answers " + answer.code());
    }
    return told.withCode(answer.code()).build();
  }

  /**
   * The version of the object that a document is; of its metadata only what comes before is read.
   */
  static String version(byte @Nullable [] object) throws IOException {
    if (object == null || object.length == 0) {
      return "";
    }
    try (JsonParser parser = MAPPER.getFactory().createParser(object)) {
      if (parser.nextToken() != JsonToken.START_OBJECT || !find(parser, "metadata")) {
        return "";
      }
      if (parser.currentToken() != JsonToken.START_OBJECT || !find(parser, "resourceVersion")) {
        return "";
      }
      String version = parser.getValueAsString();
      return version == null ? "" : version;
    }
  }

  /** Goes to the value of a field of the object that the parser is in. */
  private static boolean find(JsonParser parser, String field) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean found = parser.currentName().equals(field);
      parser.nextToken();
      if (found) {
        return true;
      }
      parser.skipChildren();
    }
    return false;
  }
}
