package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A Knative Service {@code hello} with two pods that another control plane has made: its objects as
 * Knative Serving stores them, put into a cluster before Bellows comes, and what must become of
 * them.
 */
final class ExistingServing {
  private static final Path OBJECTS =
      Path.of("")
          .toAbsolutePath()
          .resolveSibling("controlplane")
          .resolve("src/test/resources/dev/bellows/controlplane/takeover/existing-serving.yaml");

  private static final String DEPLOYMENT = "deployment/hello-00001-deployment";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RealSystem system;
  private final Path directory;
  private final Map<String, String> uids = new TreeMap<>();
  private final Map<String, JsonNode> stored = new LinkedHashMap<>();
  private Map<String, String> pods = Map.of();

  private ExistingServing(RealSystem system, Path directory) {
    this.system = system;
    this.directory = directory;
  }

  /** Puts it into a cluster in which no part of Bellows runs, and waits for its pods. */
  static ExistingServing putInto(RealSystem system, Path directory) throws IOException {
    ExistingServing existing = new ExistingServing(system, directory);
    system.addImage("ghcr.io/knative/helloworld-go");
    existing.store();
    return existing;
  }

  private void store() throws IOException {
    // The class of the networking layer that will go on with it; its objects name nobody else's.
    String text =
        Files.readString(OBJECTS)
            .replace("kourier.ingress.networking", "bellows.ingress.networking");
    String publicEndpoints = "";
    for (String document : text.split("(?m)^---$", -1)) {
      ObjectNode object = read(inThisCluster(document));
      String name = object.at("/metadata/name").asText();
      if (object.path("kind").asText().equals("Endpoints")) {
        // Those of the pods are Kubernetes' own; the others name the pods.
        publicEndpoints = name.equals("hello-00001") ? document : publicEndpoints;
        continue;
      }
      create(object, read(document).at("/metadata/uid").asText());
    }
    system.kubectl("wait", "--for=condition=Available", DEPLOYMENT, "--timeout=90s").succeeded();
    List<String> ips = new ArrayList<>();
    pods().forEach(pod -> ips.add(pod.at("/status/podIP").asText()));
    assertThat(ips).hasSize(2);
    create(
        read(
            inThisCluster(publicEndpoints)
                .replace("10.244.0.21", ips.getFirst())
                .replace("10.244.0.22", ips.getLast())),
        "");
    for (Map.Entry<String, JsonNode> each : stored.entrySet()) {
      each.setValue(get(each.getKey()));
    }
    pods = identities();
  }

  /** With the uids that this cluster has given to objects so far. */
  private String inThisCluster(String document) {
    String text = document;
    for (Map.Entry<String, String> uid : uids.entrySet()) {
      text = text.replace(uid.getKey(), uid.getValue());
    }
    return text;
  }

  private void create(ObjectNode object, String uidThere) throws IOException {
    JsonNode status = object.remove("status");
    ((ObjectNode) object.path("metadata"))
        .remove(List.of("uid", "resourceVersion", "generation", "creationTimestamp"));
    Path file = directory.resolve("existing.json");
    Files.writeString(file, object.toString());
    JsonNode created = json("create", "-o", "json", "-f", file.toString());
    if (!uidThere.isEmpty()) {
      uids.put(uidThere, created.at("/metadata/uid").asText());
    }
    String group = object.path("apiVersion").asText();
    String name = qualified(object);
    if (status != null && !group.equals("apps/v1")) {
      ((ObjectNode) status).put("observedGeneration", created.at("/metadata/generation").asLong());
      system
          .kubectl(
              "patch",
              name,
              "--subresource=status",
              "--type=merge",
              "--patch",
              JSON.createObjectNode().set("status", status).toString())
          .succeeded();
    }
    stored.put(name, created);
  }

  /** {@code KIND.VERSION.GROUP/NAME}, as kubectl takes it. */
  private static String qualified(JsonNode object) {
    String[] version = object.path("apiVersion").asText().split("/", -1);
    String kind = object.path("kind").asText().toLowerCase(Locale.ROOT);
    return (version.length == 1 ? kind + ".v1." : kind + "." + version[1] + "." + version[0])
        + "/"
        + object.at("/metadata/name").asText();
  }

  /** Waits until Bellows has looked at it, and fails unless it is what it was. */
  void isAdopted() {
    await()
        .atMost(PATIENCE)
        .until(() -> get(DEPLOYMENT).at("/metadata/labels").has("bellows.dev/adopted-wish"));
    await().atMost(PATIENCE).untilAsserted(this::isAsItWas);
  }

  /**
   * Fails if a pod is another or has been started again, or if an object says something else than
   * what was stored, beside what says how things stand now.
   */
  void isAsItWas() throws IOException {
    assertThat(identities()).as("pods and their restarts").isEqualTo(pods);
    for (Map.Entry<String, JsonNode> each : stored.entrySet()) {
      JsonNode is = get(each.getKey());
      assertThat(wished(is)).as(each.getKey()).isEqualTo(wished(each.getValue()));
      assertThat(conditions(is))
          .as("conditions of %s", each.getKey())
          .isEqualTo(conditions(each.getValue()));
    }
    assertThat(get(DEPLOYMENT).at("/metadata/generation"))
        .isEqualTo(Objects.requireNonNull(stored.get(deploymentKey())).at("/metadata/generation"));
  }

  private String deploymentKey() {
    return stored.keySet().stream().filter(key -> key.startsWith("deployment.")).findFirst().get();
  }

  /** What is wished of an object, without what an autoscaler and a networking layer add. */
  private static ObjectNode wished(JsonNode object) {
    ObjectNode wished = JSON.createObjectNode();
    for (String field : List.of("labels", "annotations", "ownerReferences", "finalizers")) {
      wished.set(field, object.path("metadata").path(field).deepCopy());
    }
    if (wished.path("labels") instanceof ObjectNode labels) {
      labels.remove("bellows.dev/adopted-wish");
    }
    JsonNode spec = object.path("spec").deepCopy();
    if (spec instanceof ObjectNode fields) {
      fields.remove(List.of("numActivators", "mode", "externalName"));
    }
    wished.set("spec", spec);
    return wished;
  }

  private static Map<String, String> conditions(JsonNode object) {
    Map<String, String> conditions = new TreeMap<>();
    for (JsonNode condition : object.at("/status/conditions")) {
      if (!condition.path("severity").asText().equals("Info")) {
        conditions.put(condition.path("type").asText(), condition.path("status").asText());
      }
    }
    return conditions;
  }

  private Map<String, String> identities() throws IOException {
    Map<String, String> identities = new TreeMap<>();
    for (JsonNode pod : pods()) {
      List<String> restarts = new ArrayList<>();
      pod.at("/status/containerStatuses")
          .forEach(container -> restarts.add(container.path("restartCount").asText()));
      identities.put(pod.at("/metadata/uid").asText(), restarts.toString());
    }
    return identities;
  }

  private JsonNode pods() throws IOException {
    return json("get", "pods", "-l", "app=hello-00001", "-o", "json").path("items");
  }

  private JsonNode get(String object) throws IOException {
    return json("get", object, "-o", "json");
  }

  /** What kubectl says, past its warnings of kinds that are old. */
  private JsonNode json(String... words) throws IOException {
    String output = system.kubectl(words).succeeded().output();
    return JSON.readTree(output.substring(output.indexOf('{')));
  }

  private static ObjectNode read(String yaml) throws IOException {
    return (ObjectNode) new YAMLMapper().readTree(yaml);
  }
}
