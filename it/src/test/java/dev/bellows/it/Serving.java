package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.api.ConditionedStatus;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.Service;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The public API of a running system, as any client uses it: objects over the Kubernetes API,
 * requests over the gateway.
 */
final class Serving implements AutoCloseable {
  private static final String NAMESPACE = "default";
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final BellowsProcess bellows;
  private final boolean ends;
  private final KubernetesClient client;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * @param bellows stays the caller's
   */
  Serving(BellowsProcess bellows) throws IOException {
    this(bellows, false);
  }

  private Serving(BellowsProcess bellows, boolean ends) throws IOException {
    this.bellows = bellows;
    this.ends = ends;
    Config config = Config.fromKubeconfig(Files.readString(bellows.kubeconfig()));
    // A machine may be busy with other things.
    config.setRequestTimeout(Math.toIntExact(LIMIT.toMillis()));
    config.setConnectionTimeout(Math.toIntExact(LIMIT.toMillis()));
    this.client = new KubernetesClientBuilder().withConfig(config).build();
  }

  /** Starts a Bellows of its own, with the arguments of {@code up}; it ends with this. */
  static Serving start(Path dataDirectory, String... arguments) throws IOException {
    BellowsProcess bellows = BellowsProcess.start(dataDirectory, arguments);
    try {
      return new Serving(bellows, true);
    } catch (IOException | RuntimeException e) {
      bellows.close();
      throw e;
    }
  }

  BellowsProcess bellows() {
    return bellows;
  }

  KubernetesClient client() {
    return client;
  }

  /** Creates what a manifest says. */
  void create(String manifest) {
    client.resource(manifest).inNamespace(NAMESPACE).create();
  }

  /**
   * Creates a Knative Service of one container, without waiting.
   *
   * @param container its fields after the image, each on a line of its own
   */
  void createService(String name, String image, String... container) {
    create(serviceManifest(name, image, container));
  }

  static String serviceManifest(String name, String image, String... container) {
    return """
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: %s}
    spec:
      template:
        spec:
          containers:
          - image: %s
    %s
    """
        .formatted(name, image, indented(container));
  }

  /**
   * A manifest whose template says how it is scaled.
   *
   * @param settings names of autoscaling annotations without their prefix, and values, in turn
   */
  static String scaled(String manifest, String... settings) {
    StringBuilder annotations = new StringBuilder("template:\n    metadata:\n      annotations:\n");
    for (int i = 0; i < settings.length; i += 2) {
      annotations.append(
          "        autoscaling.knative.dev/%s: \"%s\"\n".formatted(settings[i], settings[i + 1]));
    }
    return manifest.replace("template:\n", annotations);
  }

  private static String indented(String... lines) {
    StringBuilder text = new StringBuilder();
    for (String each : lines) {
      each.lines().forEach(line -> text.append("        ").append(line).append('\n'));
    }
    return text.toString();
  }

  /** Merges JSON into an object (RFC 7386). */
  <T extends HasMetadata> void patch(Class<T> kind, String name, String mergePatch) {
    client
        .resources(kind)
        .inNamespace(NAMESPACE)
        .withName(name)
        .patch(PatchContext.of(PatchType.JSON_MERGE), mergePatch);
  }

  <T extends HasMetadata> Optional<T> find(Class<T> kind, String name) {
    return Optional.ofNullable(client.resources(kind).inNamespace(NAMESPACE).withName(name).get());
  }

  <T extends HasMetadata> T get(Class<T> kind, String name) {
    return find(kind, name).orElseThrow(() -> new AssertionError("no " + kind + " " + name));
  }

  Service service(String name) {
    return get(Service.class, name);
  }

  Route route(String name) {
    return get(Route.class, name);
  }

  <T extends HasMetadata> void delete(Class<T> kind, String name) {
    client.resources(kind).inNamespace(NAMESPACE).withName(name).delete();
  }

  /** Changes keys of a ConfigMap of Knative's; the text is JSON, null takes a key out. */
  void configure(String map, String data) {
    client
        .resources(ConfigMap.class)
        .inNamespace("knative-serving")
        .withName(map)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{" + data + "}}");
  }

  /** The pods of a Service, those that are ending too. */
  List<Pod> pods(String service) {
    return client
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("serving.knative.dev/service", service)
        .list()
        .getItems();
  }

  /** How many pods of a Revision are ready, as its Deployment says. */
  int readyPods(String revision) {
    return find(Deployment.class, revision + "-deployment")
        .map(deployment -> deployment.getStatus().getReadyReplicas())
        .orElse(0);
  }

  static boolean isReady(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus().getConditions().stream()
            .anyMatch(each -> each.getType().equals("Ready") && each.getStatus().equals("True"));
  }

  /** Returns once the Service's status speaks of its present spec and is Ready. */
  Service awaitReady(String name) {
    return awaitReady(Service.class, name);
  }

  <S, T extends ConditionedStatus, R extends CustomResource<S, T>> R awaitReady(
      Class<R> kind, String name) {
    AtomicReference<@Nullable R> ready = new AtomicReference<>();
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> {
          R found = get(kind, name);
          T status = found.getStatus();
          assertThat(status).as("status of %s", name).isNotNull();
          assertThat(status.observedGeneration()).isEqualTo(found.getMetadata().getGeneration());
          assertThat(status.isTrue("Ready")).as("%s", status).isTrue();
          ready.set(found);
        });
    return Objects.requireNonNull(ready.get());
  }

  /** Returns once a condition of an object has a status and, if given, a reason. */
  <S, T extends ConditionedStatus, R extends CustomResource<S, T>>
      dev.bellows.api.Condition awaitCondition(
          Class<R> kind, String name, String type, String wanted, @Nullable String reason) {
    AtomicReference<dev.bellows.api.@Nullable Condition> seen = new AtomicReference<>();
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> {
          var status = find(kind, name).map(CustomResource::getStatus);
          assertThat(status).as("status of %s", name).isPresent();
          var condition = status.get().condition(type);
          assertThat(condition).isPresent();
          assertThat(condition.get().status()).as("%s", condition).isEqualTo(wanted);
          if (reason != null) {
            assertThat(condition.get().reason()).as("%s", condition).isEqualTo(reason);
          }
          seen.set(condition.get());
        });
    return Objects.requireNonNull(seen.get());
  }

  /**
   * The gateway's answer for the host of a URL, as a status shows it.
   *
   * @param headers names and values in turn
   */
  HttpResponse<String> request(@Nullable String url, String pathAndQuery, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(bellows.gateway().resolve(pathAndQuery))
            .header("Host", host(url))
            .timeout(LIMIT);
    return http.send(
        headers.length == 0 ? request.build() : request.headers(headers).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  static String host(@Nullable String url) {
    return URI.create(Objects.requireNonNull(url)).getHost();
  }

  /** Where the Service says that it answers. */
  String url(String name) {
    return Objects.requireNonNull(Objects.requireNonNull(service(name).getStatus()).url());
  }

  /** Lets the program of the tests stand for an image name. */
  void addProgram(String image) {
    addProgram(image, "runtime.py");
  }

  /** Lets a script in Python, among the resources of the tests, stand for an image name. */
  void addProgram(String image, String script) {
    try {
      Path program = Path.of(Objects.requireNonNull(Serving.class.getResource(script)).toURI());
      addImage(image, "python3", program.toString());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("where the tests' program is", e);
    }
  }

  /** Lets a program of the tests' own classes stand for an image name. */
  void addProgram(String image, Class<?> program) {
    addImage(
        image,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xmx64m",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("java.class.path"),
        program.getName());
  }

  /** Lets a command stand for an image name. */
  void addImage(String image, String... command) {
    bellows
        .bellows(
            Stream.concat(Stream.of("image", "add", image, "--"), Stream.of(command))
                .toArray(String[]::new))
        .succeeded();
  }

  static JsonNode json(String text) throws IOException {
    return JSON.readTree(text);
  }

  @Override
  public void close() {
    client.close();
    http.close();
    if (ends) {
      bellows.close();
    }
  }
}
