package dev.bellows.embedded.network;

import static dev.bellows.embedded.workload.ObjectsOfACluster.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.AdmissionStep;
import dev.bellows.embedded.apiserver.Patch;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.workload.ObjectsOfACluster;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterIpsTest {
  @TempDir Path home;
  private final ClusterIps ips = new ClusterIps(Cidr.parse("10.96.0.0/16"));
  private ObjectsOfACluster cluster;

  @BeforeEach
  void open() {
    cluster = new ObjectsOfACluster(home, Clock.systemUTC(), ips).start();
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private ObjectNode service(String name, String spec) {
    return cluster.create(
        ResourceTypes.SERVICES,
        "{metadata: {name: %s, namespace: default}, spec: %s}".formatted(name, spec));
  }

  private static String ip(ObjectNode service) {
    return service.path("spec").path("clusterIP").asText();
  }

  @Test
  void eachServiceHasAnAddressThatAnUpdateDoesNotTakeAway() {
    ObjectNode one = service("one", "{ports: [{port: 80}]}");
    ObjectNode two = service("two", "{ports: [{port: 80}]}");
    assertThat(ip(one)).startsWith("10.96.").isNotEqualTo(ip(two));
    assertThat(one.path("spec").path("type").asText()).isEqualTo("ClusterIP");
    assertThat(one.path("spec").path("clusterIPs").get(0).asText()).isEqualTo(ip(one));

    ObjectNode update =
        yaml("{metadata: {name: one, namespace: default}, spec: {ports: [{port: 81}]}}");
    assertThat(ip(cluster.registry.update(ResourceTypes.SERVICES, update))).isEqualTo(ip(one));
    cluster.registry.patch(
        ResourceTypes.SERVICES,
        "default",
        "one",
        new Patch.Merge(yaml("spec: {ports: [{port: 82}]}")));
    assertThat(ip(cluster.get(ResourceTypes.SERVICES, "one"))).isEqualTo(ip(one));
  }

  @Test
  void headlessAndExternalServicesHaveNone() {
    assertThat(ip(service("headless", "{clusterIP: None, ports: [{port: 80}]}"))).isEqualTo("None");
    assertThat(ip(service("external", "{type: ExternalName, externalName: example.com}")))
        .isEmpty();
  }

  @Test
  void anAddressInUseIsNotGivenOutAfterARestart() {
    ObjectNode one = service("one", "{ports: [{port: 80}]}");
    ClusterIps next = new ClusterIps(Cidr.parse("10.96.0.0/16"));
    next.follow(one);
    ObjectNode two =
        yaml("{metadata: {name: two, namespace: default}, spec: {ports: [{port: 80}]}}");
    next.admit(
        new AdmissionStep.Request(
            AdmissionStep.Operation.CREATE,
            ResourceTypes.SERVICES,
            "",
            Optional.empty(),
            two,
            "somebody",
            false,
            warning -> {}));
    assertThat(ip(two)).startsWith("10.96.").isNotEqualTo(ip(one));
  }
}
