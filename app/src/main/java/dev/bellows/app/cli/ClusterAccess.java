package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The API as the command line reaches it: a client, and which kinds there are. */
final class ClusterAccess implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ANSWER_LIMIT_SECONDS = 30;

  /** What the server can do with a kind, as discovery tells. */
  record Kind(
      String group,
      String version,
      String plural,
      String singular,
      String kind,
      boolean namespaced,
      List<String> shortNames) {
    /** As kubectl writes it before a name: {@code service.serving.knative.dev}. */
    String qualified() {
      return group.isEmpty() ? singular : singular + "." + group;
    }

    String apiVersion() {
      return group.isEmpty() ? version : group + "/" + version;
    }

    /**
     * Where the API has it.
     *
     * @param namespace empty = all of them
     * @param name empty = all of them
     */
    String path(String namespace, String name) {
      String path = group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
      if (namespaced && !namespace.isEmpty()) {
        path += "/namespaces/" + segment(namespace);
      }
      path += "/" + plural;
      return name.isEmpty() ? path : path + "/" + segment(name);
    }

    // What a person typed is a name, whatever stands in it: no further step of the path.
    private static String segment(String name) {
      String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
      return encoded.equals(".") || encoded.equals("..") ? encoded.replace(".", "%2E") : encoded;
    }

    private boolean answersTo(String word) {
      return word.equalsIgnoreCase(plural)
          || word.equalsIgnoreCase(singular)
          || word.equalsIgnoreCase(kind)
          || word.equalsIgnoreCase(plural + "." + group)
          || shortNames.contains(word);
    }
  }

  private final KubernetesClient client;
  private final DataDirectory dataDirectory;
  private List<Kind> kinds = List.of();

  private ClusterAccess(KubernetesClient client, DataDirectory dataDirectory) {
    this.client = client;
    this.dataDirectory = dataDirectory;
  }

  /**
   * Connects as the kubeconfig of a data directory says.
   *
   * @throws UserError if there is none
   */
  static ClusterAccess open(DataDirectory dataDirectory) {
    Path kubeconfig = dataDirectory.path().resolve("kubeconfig");
    if (!Files.exists(kubeconfig)) {
      throw new UserError(
          "no Bellows has run in "
              + dataDirectory.path()
              + " yet; start one with: "
              + dataDirectory.up());
    }
    try {
      Config config = Config.fromKubeconfig(Files.readString(kubeconfig));
      config.setRequestRetryBackoffLimit(0);
      return new ClusterAccess(
          new KubernetesClientBuilder().withConfig(config).build(), dataDirectory);
    } catch (IOException e) {
      throw new UserError("cannot read " + kubeconfig + ": " + e.getMessage());
    }
  }

  KubernetesClient client() {
    return client;
  }

  /** Reads one path; {@code accept} asks for a form such as a Table. */
  JsonNode get(String path, String accept) {
    return send("GET", path, accept, "", "");
  }

  /** Reads one object; empty if there is none. */
  Optional<JsonNode> find(String path) {
    Answer answer = exchange("GET", path, "application/json", "", "");
    return answer.code() == HttpURLConnection.HTTP_NOT_FOUND
        ? Optional.empty()
        : Optional.of(answer.successful());
  }

  /** What the API said. */
  private record Answer(int code, JsonNode body) {
    JsonNode successful() {
      if (code / 100 != 2) {
        throw new UserError(body.path("message").asText("the API answered " + code));
      }
      return body;
    }
  }

  /**
   * Sends one request and reads its JSON answer.
   *
   * @param contentType of the body; empty if there is none
   * @throws UserError with the API's own message if it refuses, or if it cannot be reached
   */
  JsonNode send(String method, String path, String accept, String contentType, String body) {
    return exchange(method, path, accept, contentType, body).successful();
  }

  /**
   * Reads the events of a watch as they come, until the server ends it.
   *
   * @param accept asks for a form such as a Table
   * @throws UserError with the API's own message if it refuses, or if it cannot be reached
   */
  void follow(String path, String accept, Consumer<JsonNode> event) {
    HttpRequest request =
        client
            .getHttpClient()
            .newHttpRequestBuilder()
            .uri(client.getMasterUrl().toString().replaceAll("/$", "") + path)
            .header("Accept", accept)
            .build();
    AtomicInteger code = new AtomicInteger();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    try {
      HttpResponse<AsyncBody> response =
          client
              .getHttpClient()
              .consumeBytes(
                  request,
                  (buffers, body) -> {
                    for (ByteBuffer buffer : buffers) {
                      while (buffer.hasRemaining()) {
                        byte next = buffer.get();
                        line.write(next);
                        if (next == '\n') {
                          event.accept(
                              new Answer(code.get(), JSON.readTree(line.toByteArray()))
                                  .successful());
                          line.reset();
                        }
                      }
                    }
                    body.consume();
                  })
              .get(ANSWER_LIMIT_SECONDS, TimeUnit.SECONDS);
      code.set(response.code());
      response.body().consume();
      response.body().done().get();
      if (line.size() > 0) { // a refusal ends without a new line
        new Answer(code.get(), JSON.readTree(line.toByteArray())).successful();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UserError refused) {
        throw refused;
      }
      throw UserError.notRunning(e, dataDirectory.up());
    } catch (TimeoutException e) {
      throw new UserError("the API did not answer within " + ANSWER_LIMIT_SECONDS + " s");
    } catch (IOException e) {
      throw new UserError("the watch has ended: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("interrupted");
    }
  }

  private Answer exchange(
      String method, String path, String accept, String contentType, String body) {
    HttpRequest.Builder request =
        client
            .getHttpClient()
            .newHttpRequestBuilder()
            .uri(client.getMasterUrl().toString().replaceAll("/$", "") + path)
            .header("Accept", accept);
    if (contentType.isEmpty()) {
      request.method(method, null, null);
    } else {
      request.method(method, contentType, body);
    }
    try {
      HttpResponse<byte[]> response =
          client
              .getHttpClient()
              .sendAsync(request.build(), byte[].class)
              .get(ANSWER_LIMIT_SECONDS, TimeUnit.SECONDS);
      return new Answer(response.code(), JSON.readTree(response.body()));
    } catch (ExecutionException e) {
      throw UserError.notRunning(e, dataDirectory.up());
    } catch (TimeoutException e) {
      throw new UserError("the API did not answer within " + ANSWER_LIMIT_SECONDS + " s");
    } catch (IOException e) {
      throw new UserError("the API's answer could not be read: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("interrupted");
    }
  }

  /**
   * The kind that a word such as {@code ksvc}, {@code pods} or {@code Route} means.
   *
   * @throws UserError if there is none
   */
  Kind kind(String word) {
    Optional<Kind> found = kinds().stream().filter(kind -> kind.answersTo(word)).findFirst();
    return found.orElseThrow(() ->
        new UserError(
            "the server doesn't have a resource type \""
                + word
                + "\"; it has, for instance, ksvc, revision, route, pods, deployments"));
  }

  /**
   * The kind of a manifest.
   *
   * @throws UserError if the server has none such
   */
  Kind kind(String apiVersion, String kind) {
    return kinds().stream()
        .filter(each -> each.apiVersion().equals(apiVersion) && each.kind().equals(kind))
        .findFirst()
        .orElseThrow(() ->
            new UserError(
                "no matches for kind \"" + kind + "\" in version \"" + apiVersion + "\""));
  }

  private List<Kind> kinds() {
    if (kinds.isEmpty()) {
      kinds = discover();
    }
    return kinds;
  }

  private List<Kind> discover() {
    String accept =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    List<Kind> found = new ArrayList<>();
    // Knative's Service before Kubernetes' would be a surprise to kubectl's users: core first.
    for (String root : List.of("/api", "/apis")) {
      for (JsonNode group : get(root, accept).path("items")) {
        for (JsonNode version : group.path("versions")) {
          for (JsonNode resource : version.path("resources")) {
            List<String> shortNames = new ArrayList<>();
            resource.path("shortNames").forEach(name -> shortNames.add(name.asText()));
            found.add(
                new Kind(
                    group.path("metadata").path("name").asText(""),
                    version.path("version").asText(),
                    resource.path("resource").asText(),
                    resource.path("singularResource").asText(),
                    resource.path("responseKind").path("kind").asText(),
                    resource.path("scope").asText().equals("Namespaced"),
                    shortNames));
          }
        }
      }
    }
    return found;
  }

  @Override
  public void close() {
    client.close();
  }
}
