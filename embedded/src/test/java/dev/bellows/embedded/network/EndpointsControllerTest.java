package dev.bellows.embedded.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.workload.ObjectsOfACluster;
import dev.bellows.embedded.workload.Placement;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointsControllerTest {
  @TempDir Path home;
  private ObjectsOfACluster cluster;
  private EndpointsController controller;

  @BeforeEach
  void open() {
    cluster =
        new ObjectsOfACluster(
            home,
            Clock.systemUTC(),
            new ClusterIps(Cidr.parse("10.96.0.0/16")),
            new Placement("here"));
    controller = new EndpointsController(cluster.registry, cluster.informers);
    cluster.start();
    controller.start();
  }

  @AfterEach
  void close() {
    controller.close();
    cluster.close();
  }

  private void service(String spec) {
    cluster.create(
        ResourceTypes.SERVICES,
        "{metadata: {name: web, namespace: default, labels: {team: shop}}, spec: %s}"
            .formatted(spec));
  }

  private ObjectNode pod(String name, String annotations) {
    return cluster.create(
        ResourceTypes.PODS,
        """
        metadata: {name: %s, namespace: default, labels: {app: web}, annotations: %s}
        spec: {containers: [{name: c, image: x, ports: [{name: http, containerPort: 8080}]}]}
        """
            .formatted(name, annotations));
  }

  private void ready(ObjectNode pod, String ip) {
    cluster.markReady(pod, ip, Instant.EPOCH);
  }

  private void notReady(ObjectNode pod, String ip) {
    cluster.registry.editStatus(
        ResourceTypes.PODS,
        "default",
        pod.path("metadata").path("name").asText(),
        present -> {
          present.withObjectProperty("status").put("podIP", ip);
          return present;
        });
  }

  /** {@code ip:port} of each address in a list of the Endpoints, as the object orders them. */
  private List<String> addresses(String field) {
    List<String> found = new ArrayList<>();
    for (JsonNode subset : cluster.get(ResourceTypes.ENDPOINTS, "web").path("subsets")) {
      for (JsonNode address : subset.path(field)) {
        for (JsonNode port : subset.path("ports")) {
          found.add(address.path("ip").asText() + ":" + port.path("port").asInt());
        }
      }
    }
    return found;
  }

  private List<String> sliced() {
    List<String> found = new ArrayList<>();
    for (ObjectNode slice : cluster.list(ResourceTypes.ENDPOINT_SLICES)) {
      assertThat(slice.path("metadata").path("labels").path("kubernetes.io/service-name").asText())
          .isEqualTo("web");
      for (JsonNode endpoint : slice.path("endpoints")) {
        found.add(
            endpoint.path("addresses").get(0).asText()
                + ":"
                + slice.path("ports").path(0).path("port").asInt()
                + " "
                + endpoint.path("conditions").path("ready").asBoolean());
      }
    }
    found.sort(null);
    return found;
  }

  @Test
  void podsStandWhereTheyListenAndByReadiness() {
    service("{selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}");
    ready(pod("a", "{}"), "10.0.0.2");
    ready(pod("b", "{bellows.dev/ports: '8080=20001'}"), "10.0.0.1");
    notReady(pod("c", "{}"), "10.0.0.3");
    await()
        .untilAsserted(() -> {
          assertThat(addresses("addresses"))
              .containsExactlyInAnyOrder("10.0.0.2:8080", "10.0.0.1:20001");
          assertThat(addresses("notReadyAddresses")).containsExactly("10.0.0.3:8080");
          assertThat(sliced())
              .containsExactly("10.0.0.1:20001 true", "10.0.0.2:8080 true", "10.0.0.3:8080 false");
        });
    ObjectNode endpoints = cluster.get(ResourceTypes.ENDPOINTS, "web");
    assertThat(endpoints.path("metadata").path("labels").path("team").asText()).isEqualTo("shop");
    JsonNode reference =
        endpoints.path("subsets").get(0).path("addresses").get(0).path("targetRef");
    assertThat(reference.path("kind").asText()).isEqualTo("Pod");
    assertThat(reference.path("uid").asText()).isNotEmpty();
  }

  @Test
  void aPodThatIsLeavingIsNoEndpoint() {
    service("{selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}");
    ObjectNode pod = pod("a", "{}");
    ready(pod, "10.0.0.1");
    await()
        .untilAsserted(() -> assertThat(addresses("addresses")).containsExactly("10.0.0.1:8080"));
    cluster.registry.delete(ResourceTypes.PODS, "default", "a", DeleteOptions.DEFAULT);
    await()
        .untilAsserted(() -> {
          assertThat(addresses("addresses")).isEmpty();
          assertThat(sliced()).isEmpty();
        });
  }

  @Test
  void whatSomebodyWritesForAServiceWithoutSelectorIsMirrored() {
    service("{ports: [{name: http, port: 80}]}");
    cluster.create(
        ResourceTypes.ENDPOINTS,
        """
        metadata: {name: web, namespace: default}
        subsets:
        - addresses: [{ip: 10.0.0.9, targetRef: {kind: Pod, name: p, namespace: default}}]
          ports: [{name: http, port: 8012}]
        """);
    await().untilAsserted(() -> assertThat(sliced()).containsExactly("10.0.0.9:8012 true"));
    JsonNode slice = cluster.list(ResourceTypes.ENDPOINT_SLICES).getFirst();
    assertThat(slice.path("endpoints").get(0).path("targetRef").path("name").asText())
        .isEqualTo("p");
    assertThat(addresses("addresses")).containsExactly("10.0.0.9:8012");
  }

  @Test
  void aServiceTakesItsEndpointsAlong() {
    service("{selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}");
    ready(pod("a", "{}"), "10.0.0.1");
    await().untilAsserted(() -> assertThat(sliced()).hasSize(1));
    cluster.registry.delete(ResourceTypes.SERVICES, "default", "web", DeleteOptions.DEFAULT);
    await()
        .untilAsserted(() -> {
          assertThat(cluster.list(ResourceTypes.ENDPOINTS)).isEmpty();
          assertThat(cluster.list(ResourceTypes.ENDPOINT_SLICES)).isEmpty();
        });
  }
}
