package dev.bellows.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.caching.Image;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A cluster that runs Knative Serving is handed to Bellows: its objects are gone on with. */
class TakeoverTest {
  private static final KubernetesSerialization JSON = new KubernetesSerialization();
  private static final Map<String, Class<? extends HasMetadata>> KINDS =
      Map.ofEntries(
          Map.entry("serving.knative.dev/v1 Service", dev.bellows.api.serving.Service.class),
          Map.entry("serving.knative.dev/v1 Configuration", Configuration.class),
          Map.entry("serving.knative.dev/v1 Revision", Revision.class),
          Map.entry("serving.knative.dev/v1 Route", Route.class),
          Map.entry("networking.internal.knative.dev/v1alpha1 Ingress", KIngress.class),
          Map.entry(
              "networking.internal.knative.dev/v1alpha1 ServerlessService",
              ServerlessService.class),
          Map.entry("autoscaling.internal.knative.dev/v1alpha1 PodAutoscaler", PodAutoscaler.class),
          Map.entry("autoscaling.internal.knative.dev/v1alpha1 Metric", Metric.class),
          Map.entry("caching.internal.knative.dev/v1alpha1 Image", Image.class),
          Map.entry("apps/v1 Deployment", Deployment.class),
          Map.entry("v1 Service", Service.class),
          Map.entry("v1 Endpoints", Endpoints.class));

  private final Stage stage = new Stage(DigestResolver.ofLocalImages(image -> true));
  private final Map<String, HasMetadata> before = new LinkedHashMap<>();

  @BeforeEach
  void aClusterThatRunsKnativeServing() throws IOException {
    stage.configure(
        "config-network", Map.of("ingress-class", "kourier.ingress.networking.knative.dev"));
    stage.world.watch(Metric.class);
    for (HasMetadata each : existing()) {
      before.put(each.getFullResourceName() + " " + each.getMetadata().getName(), each);
      stage.world.stored(JSON.clone(each));
    }
  }

  @Test
  void nothingIsWrittenButThatTheDeploymentIsAdopted() {
    stage.settle();
    assertThat(stage.failures).isEmpty();
    // Why requests do not pass through activators, the original says in words of its own.
    assertThat(stage.world.written).hasSize(2);
    assertThat(stage.world.written.getLast())
        .isEqualTo("Update the status of ServerlessService default/hello-00001.");
    assertThat(stage.world.written.getFirst())
        .startsWith(
            "Patch Deployment default/hello-00001-deployment with"
                + " {\"metadata\":{\"labels\":{\"bellows.dev/adopted-wish\":\"bellows-");
    Deployment was =
        (Deployment) Objects.requireNonNull(before.get("deployments.apps hello-00001-deployment"));
    Deployment is = deployment();
    assertThat(is.getSpec()).isEqualTo(was.getSpec());
    assertThat(is.getMetadata().getLabels()).containsAllEntriesOf(was.getMetadata().getLabels());
    assertThat(is.getMetadata().getAnnotations())
        .as("a change of them would raise the generation")
        .isEqualTo(was.getMetadata().getAnnotations());
  }

  @Test
  void anAdoptedDeploymentFollowsTheSettingsThatChangeLater() {
    stage.settle();
    PodTemplateSpec adopted = deployment().getSpec().getTemplate();
    stage.configure("config-deployment", Map.of("queue-sidecar-image", "dev.local/another"));
    stage.settle();
    PodTemplateSpec changed = deployment().getSpec().getTemplate();
    assertThat(changed).isNotEqualTo(adopted);
    assertThat(changed.getSpec().getContainers().getLast().getImage())
        .isEqualTo("dev.local/another");
    assertThat(deployment().getSpec().getReplicas()).as("the autoscaler's to say").isEqualTo(2);
    assertThat(deployment().getMetadata().getLabels())
        .doesNotContainKey("bellows.dev/adopted-wish");
    int written = stage.world.written.size();
    stage.settle();
    assertThat(stage.world.written).hasSize(written);
  }

  private Deployment deployment() {
    return stage
        .world
        .cluster
        .deployments()
        .find("default", "hello-00001-deployment")
        .orElseThrow();
  }

  private static List<HasMetadata> existing() throws IOException {
    try (InputStream file =
        Objects.requireNonNull(
            TakeoverTest.class.getResourceAsStream("takeover/existing-serving.yaml"))) {
      String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      List<HasMetadata> all = new ArrayList<>();
      Pattern kind = Pattern.compile("^apiVersion: (.*)\nkind: (.*)$", Pattern.MULTILINE);
      for (String document : text.split("(?m)^---$", -1)) {
        Matcher said = kind.matcher(document);
        assertThat(said.find()).as(document).isTrue();
        all.add(
            JSON.unmarshal(
                document, Objects.requireNonNull(KINDS.get(said.group(1) + " " + said.group(2)))));
      }
      return all;
    }
  }
}
