package dev.bellows.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.TrafficTarget;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where everything is as it should be, nobody writes anything. */
class SteadySystemTest {
  /** The original looks at every object again so often. */
  private static final Duration RESYNC_PERIOD = Duration.ofHours(10);

  private final Stage stage = new Stage();

  @Test
  void overManyResyncsNothingIsWrittenAndNothingAnnounced() {
    stage.configure(
        "config-network",
        Map.of(
            "ingress-class",
            ControlPlaneConfig.BELLOWS_INGRESS_CLASS,
            "rollout-duration",
            "20",
            "autocreate-cluster-domain-claims",
            "true"));
    stage.configure("config-features", Map.of("tag-header-based-routing", "Enabled"));
    versionsWithTagsAndShares("hello");
    versionsWithTagsAndShares("other");
    atZero("sleepy");
    failing("broken");
    stage.world.given(
        World.parse(
            DomainMapping.class,
            """
            apiVersion: serving.knative.dev/v1beta1
            kind: DomainMapping
            metadata: {name: shop.test, namespace: default}
            spec: {ref: {kind: Service, apiVersion: serving.knative.dev/v1, name: hello}}
            """));
    stage.settle();
    assertThat(ready("hello")).isTrue();
    assertThat(ready("sleepy")).isTrue();
    assertThat(ready("broken")).isFalse();

    stage.world.written.clear();
    stage.world.announced.clear();
    for (int resync = 0; resync < 5; resync++) {
      stage.after(RESYNC_PERIOD);
      stage.settle();
    }
    assertThat(stage.world.written).isEmpty();
    assertThat(stage.world.announced).isEmpty();
  }

  private void versionsWithTagsAndShares(String name) {
    stage.apply(name, "dev.local/helloworld");
    stage.settle();
    stage.comesUp(name + "-00001", "10.1.0.1:8012");
    stage.apply(name, "dev.local/helloworld:v2");
    stage.settle();
    stage.comesUp(name + "-00002", "10.1.0.2:8012");
    while (stage.nextLook.isPresent()) {
      stage.after(stage.nextLook.get());
      stage.settle();
    }
    stage.traffic(
        name,
        new TrafficTarget("stable", name + "-00001", null, false, 80L, null),
        new TrafficTarget("next", null, null, true, 20L, null));
  }

  private void atZero(String name) {
    stage.apply(name, "dev.local/helloworld");
    stage.settle();
    stage.comesUp(name + "-00001", "10.1.0.9:8012");
    stage.podsReady(name + "-00001");
    stage.deployed(name + "-00001", 0, 0, "True", "NewReplicaSetAvailable");
    stage.autoscalerSays(name + "-00001", "False", "NoTraffic", true, 0);
  }

  private void failing(String name) {
    stage.unknownImages.add("dev.local/missing");
    stage.apply(name, "dev.local/missing");
    stage.settle();
  }

  private boolean ready(String name) {
    Service service = stage.world.cluster.knativeServices().find("default", name).orElseThrow();
    return service.getStatus().isTrue("Ready");
  }
}
