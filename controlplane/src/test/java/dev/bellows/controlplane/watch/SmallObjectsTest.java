package dev.bellows.controlplane.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.serving.Revision;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.junit.jupiter.api.Test;

/** Objects that are read share what they say alike, and are otherwise as they are without that. */
class SmallObjectsTest {
  private static final String DEPLOYMENT =
      """
      {"apiVersion": "apps/v1", "kind": "Deployment",
       "metadata": {"name": "a-00001-deployment", "namespace": "default",
         "labels": {"serving.knative.dev/service": "a-service-of-ours"},
         "fromTheFuture": {"a": "b"}},
       "spec": {"replicas": 0, "unknown": [1, 2],
         "selector": {"matchLabels": {"serving.knative.dev/service": "a-service-of-ours"}},
         "template": {
           "metadata": {"labels": {"serving.knative.dev/service": "a-service-of-ours"}},
           "spec": {"containers": [{"name": "user-container", "image": "dev.local/a",
             "args": ["a-service-of-ours"],
             "env": [{"name": "K_SERVICE", "value": "a-service-of-ours"}]}]}}}}
      """;

  private static final String REVISION =
      """
      {"apiVersion": "serving.knative.dev/v1", "kind": "Revision",
       "metadata": {"name": "a-00001", "namespace": "default",
         "labels": {"serving.knative.dev/service": "a-service-of-ours"}},
       "spec": {"containers": [{"name": "user-container", "image": "dev.local/a"}]},
       "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
      """;

  private final KubernetesSerialization small = new SmallObjects();
  private final KubernetesSerialization usual = new KubernetesSerialization();

  @Test
  void equalTextsAreOneWithinAnObjectAndBetweenThem() {
    Deployment one = small.unmarshal(DEPLOYMENT, Deployment.class);
    Deployment other = small.unmarshal(DEPLOYMENT, Deployment.class);
    Revision revision = small.unmarshal(REVISION, Revision.class);
    String name = one.getMetadata().getLabels().get("serving.knative.dev/service");
    Container container = one.getSpec().getTemplate().getSpec().getContainers().getFirst();
    assertThat(container.getArgs().getFirst()).isSameAs(name);
    assertThat(container.getEnv().getFirst().getValue()).isSameAs(name);
    assertThat(label(other)).isSameAs(name);
    assertThat(label(revision)).isSameAs(name);
  }

  @Test
  void longTextsAreNotHeldForOthers() {
    String first =
        small.unmarshal(withName("x".repeat(300)), Deployment.class).getMetadata().getName();
    String second =
        small.unmarshal(withName("x".repeat(300)), Deployment.class).getMetadata().getName();
    assertThat(second).isEqualTo(first).isNotSameAs(first);
  }

  @Test
  void fieldsThatNobodyKnowsAreKept() {
    Deployment read = small.unmarshal(DEPLOYMENT, Deployment.class);
    assertThat(read.getMetadata().getAdditionalProperties()).containsOnlyKeys("fromTheFuture");
    assertThat(read.getSpec().getAdditionalProperties()).containsOnlyKeys("unknown");
    assertThat(small.asJson(read))
        .isEqualTo(usual.asJson(usual.unmarshal(DEPLOYMENT, Deployment.class)));
  }

  @Test
  void whereThereAreNoneThereIsNoMapOfItsOwn() {
    Deployment read = small.unmarshal(DEPLOYMENT, Deployment.class);
    ObjectMeta template = read.getSpec().getTemplate().getMetadata();
    assertThat(template.getAdditionalProperties()).isEmpty();
    assertThat(template.getAdditionalProperties())
        .isSameAs(read.getSpec().getSelector().getAdditionalProperties());
  }

  @Test
  void whatIsReadEqualsWhatIsMadeAndCanBeMadeAnew() {
    Deployment read = small.unmarshal(DEPLOYMENT, Deployment.class);
    assertThat(read).isEqualTo(usual.unmarshal(DEPLOYMENT, Deployment.class));
    assertThat(new DeploymentBuilder(read).build()).isEqualTo(read);
    assertThat(small.clone(read)).isEqualTo(read);
    Deployment changed = new DeploymentBuilder(read).build();
    changed.getSpec().getSelector().setAdditionalProperty("now", "known");
    assertThat(small.asJson(changed)).contains("\"now\":\"known\"");
  }

  private static String label(HasMetadata object) {
    return object.getMetadata().getLabels().get("serving.knative.dev/service");
  }

  private static String withName(String name) {
    return DEPLOYMENT.replace("a-00001-deployment", name);
  }
}
