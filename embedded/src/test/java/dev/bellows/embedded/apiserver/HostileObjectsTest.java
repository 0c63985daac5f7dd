package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.Crds;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a client sends is refused, or stored so that every watcher can read it: one object that
 * a typed client cannot read breaks its watch of the whole kind, for good.
 */
class HostileObjectsTest {
  private static final List<JsonNode> ODDITIES =
      List.of(
          json("null"),
          json("true"),
          json("-1"),
          json("2147483648"),
          json("9223372036854775808"),
          json("1e30"),
          json("1.5"),
          json("\"\""),
          json("\"\\u0000 \\ud800 x\""),
          json("[]"),
          json("[null]"),
          json("[5]"),
          json("[[{}]]"),
          json("{}"),
          json("{\"\": {\"a\": [1]}}"));

  private static final String SERVICE =
      """
      apiVersion: serving.knative.dev/v1
      kind: Service
      metadata: {labels: {a: b}, annotations: {a: b}, finalizers: [a.b/c], ownerReferences: []}
      spec:
        template:
          metadata:
            name: NAME-one
            labels: {a: b}
            annotations: {autoscaling.knative.dev/target: "10"}
          spec:
            containerConcurrency: 1
            timeoutSeconds: 10
            enableServiceLinks: false
            serviceAccountName: x
            imagePullSecrets: [{name: x}]
            volumes:
            - {name: a, configMap: {name: x, defaultMode: 1, items: [{key: a, path: b}]}}
            - {name: b, secret: {secretName: x, optional: true}}
            - {name: c, projected: {sources: [{secret: {name: x}}]}}
            containers:
            - name: main
              image: dev.local/helloworld
              command: [a]
              args: [b]
              env:
              - {name: A, value: b}
              - {name: B, valueFrom: {configMapKeyRef: {name: x, key: y}}}
              envFrom: [{secretRef: {name: x}}]
              ports: [{containerPort: 80, name: http1, protocol: TCP}]
              resources: {limits: {cpu: "1"}, requests: {memory: 1Mi}}
              readinessProbe: {httpGet: {path: /, port: 80, httpHeaders: [{name: a, value: b}]}}
              livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 3}
              securityContext: {runAsUser: 1, capabilities: {drop: [ALL]}}
              volumeMounts:
              - {name: a, mountPath: /a, readOnly: true}
              - {name: b, mountPath: /b}
              - {name: c, mountPath: /c}
        traffic: [{latestRevision: true, percent: 100, tag: t}]
      """;

  private static final String DEPLOYMENT =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {labels: {a: b}}
      spec:
        replicas: 1
        progressDeadlineSeconds: 700
        strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}
        selector: {matchLabels: {a: b}}
        template:
          metadata: {labels: {a: b}}
          spec: &none
            terminationGracePeriodSeconds: 3
            nodeSelector: {a: b}
            tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 3}]
            containers:
            - name: main
              image: x
              env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
              ports: [{containerPort: 80, hostPort: 0}]
              readinessProbe: {exec: {command: [a]}, initialDelaySeconds: 1, timeoutSeconds: 1}
              lifecycle: {preStop: {httpGet: {port: a, path: /}}}
      """
          .replace(" &none", "");

  private static final KubernetesSerialization CLIENT = new KubernetesSerialization();

  @TempDir Path home;
  private DataDirectory directory;
  private ObjectStore store;
  private Registry registry;
  private int made;

  @BeforeEach
  void open() {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
    registry =
        Registry.open(
            store,
            InstantSource.system(),
            List.of(new KnativeAdmission(store, KnativeAdmission.PodTrial.NONE)));
    registry.install(Crds.all());
    registry.create(ResourceTypes.NAMESPACES, Yaml.object("{metadata: {name: default}}"));
    registry.create(
        ResourceTypes.SERVICE_ACCOUNTS,
        Yaml.object("{metadata: {name: default, namespace: default}}"));
  }

  @AfterEach
  void close() {
    store.close();
    directory.close();
  }

  private static JsonNode json(String text) {
    return Bodies.value(text.getBytes(StandardCharsets.UTF_8), "application/json");
  }

  @Test
  void knativeServicesAreReadableOrRefused() {
    ResourceType type = registry.type("serving.knative.dev", "services");
    refuseOrRead(type, SERVICE, dev.bellows.api.serving.Service.class);
  }

  @Test
  void deploymentsAreReadableOrRefused() {
    refuseOrRead(ResourceTypes.DEPLOYMENTS, DEPLOYMENT, Deployment.class);
  }

  @Test
  void smallerKindsAreReadableOrRefused() {
    refuseOrRead(
        ResourceTypes.PODS,
        "{metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}],"
            + " activeDeadlineSeconds: 3, securityContext: {fsGroup: 3}}}",
        Pod.class);
    refuseOrRead(
        ResourceTypes.SERVICES,
        "{metadata: {labels: {a: b}}, spec: {ports: [{port: 80, targetPort: 80}], selector: {a: b},"
            + " sessionAffinityConfig: {clientIP: {timeoutSeconds: 3}}}}",
        io.fabric8.kubernetes.api.model.Service.class);
    refuseOrRead(
        ResourceTypes.ENDPOINTS,
        "{metadata: {labels: {a: b}}, subsets: [{addresses: [{ip: 127.0.0.1, targetRef: {name:"
            + " a}}], ports: [{port: 80, name: a}]}]}",
        Endpoints.class);
    refuseOrRead(
        ResourceTypes.CONFIG_MAPS, "{metadata: {labels: {a: b}}, data: {a: b}}", ConfigMap.class);
  }

  private void refuseOrRead(ResourceType type, String manifest, Class<?> typed) {
    registry.create(type, named(manifest, "plain")); // as it stands, it is a good one
    int stored = 0;
    List<String> unreadable = new ArrayList<>();
    for (String path : paths(Yaml.object(manifest))) {
      for (JsonNode oddity : ODDITIES) {
        String name = "n" + made++;
        ObjectNode object = named(manifest, name);
        put(object, path, oddity);
        ObjectNode created;
        try {
          created = registry.create(type, object);
        } catch (ApiException refused) {
          assertThat(refused.code()).as(path + " = " + oddity).isBetween(400, 499);
          continue;
        }
        stored++;
        try {
          CLIENT.convertValue(created, typed);
        } catch (IllegalArgumentException e) {
          unreadable.add(path + " = " + oddity + ": " + e.getMessage());
        }
      }
    }
    assertThat(unreadable).isEmpty();
    System.out.printf("%s: %d oddities stored, all readable%n", type.kind(), stored);
  }

  private static ObjectNode named(String manifest, String name) {
    ObjectNode object = Yaml.object(manifest.replace("NAME", name));
    Json.child(object, "metadata").put("name", name).put("namespace", "default");
    return object;
  }

  private static List<String> paths(ObjectNode object) {
    List<String> paths = new ArrayList<>();
    collect(object, "", paths);
    return paths;
  }

  private static void collect(JsonNode node, String path, List<String> paths) {
    node.properties()
        .forEach(field -> {
          String below = path + "/" + field.getKey().replace("~", "~0").replace("/", "~1");
          paths.add(below);
          collect(field.getValue(), below, paths);
        });
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      paths.add(path + "/" + i);
      collect(node.get(i), path + "/" + i, paths);
    }
  }

  private static void put(ObjectNode object, String path, JsonNode value) {
    int last = path.lastIndexOf('/');
    String name = path.substring(last + 1).replace("~1", "/").replace("~0", "~");
    switch (object.at(path.substring(0, last))) {
      case ObjectNode parent -> parent.set(name, value.deepCopy());
      case ArrayNode parent -> parent.set(Integer.parseInt(name), value.deepCopy());
      case JsonNode other -> throw new AssertionError(path + " leads into " + other);
    }
  }

  @Test
  void aNumberThatNoClientCanHoldIsRefusedInJsonAndInYaml() {
    for (String type : List.of("application/json", "application/yaml")) {
      for (String number : List.of("1e999999999", "-1e309", "1" + "0".repeat(400))) {
        assertThatThrownBy(() ->
                Bodies.object(("{\"a\": [" + number + "]}").getBytes(StandardCharsets.UTF_8), type))
            .as(type + " " + number)
            .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(400))
            .hasMessageContaining("cannot unmarshal number");
      }
    }
  }
}
