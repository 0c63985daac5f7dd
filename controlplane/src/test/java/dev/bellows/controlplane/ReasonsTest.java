package dev.bellows.controlplane;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.ConditionedStatus;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.RouteSpec;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.revision.DigestResolver.Resolution;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each reason that a condition can have (serving spec §3 to §6), and what Events tell. */
class ReasonsTest {
  private final Stage stage = new Stage();

  @Test
  void aRevisionWaitsForItsDigests() {
    Stage waiting = new Stage((_, _) -> new Resolution.Pending());
    waiting.apply("hello", "example.org/hello");
    waiting.settle();
    assertThat(says(waiting, Revision.class, "hello-00001", "ResourcesAvailable"))
        .isEqualTo("Unknown ResolvingDigests");
    assertThat(waiting.world.cluster.deployments().all()).isEmpty();
  }

  @Test
  void whatIsRunIsTheDigestAndTheStatusNamesIt() {
    String digest = "example.org/hello@sha256:" + "ab".repeat(32);
    Stage resolving = new Stage((_, _) -> new Resolution.Known(digest));
    resolving.apply("hello", "example.org/hello:latest");
    resolving.settle();
    var revision = resolving.world.cluster.revisions().find("default", "hello-00001").orElseThrow();
    assertThat(requireNonNull(revision.getStatus()).containerStatuses())
        .singleElement()
        .satisfies(status -> {
          assertThat(status.name()).isEqualTo("user-container");
          assertThat(status.imageDigest()).isEqualTo(digest);
        });
    assertThat(
            resolving
                .world
                .cluster
                .deployments()
                .all()
                .iterator()
                .next()
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getImage())
        .isEqualTo(digest);
    var image =
        resolving
            .world
            .cluster
            .images()
            .find("default", "hello-00001-cache-user-container")
            .orElseThrow();
    assertThat(image.getSpec().image()).isEqualTo(digest);
  }

  @Test
  void aRevisionDeploysUntilItsDeploymentSpeaks() {
    deployed(deployment -> deployment);
    assertThat(revision("ResourcesAvailable")).isEqualTo("Unknown Deploying");
    assertThat(revision("ContainerHealthy")).isEqualTo("Unknown Deploying");
    assertThat(revision("Active")).isEqualTo("Unknown Deploying");
  }

  @Test
  void aReplicaThatCannotBeMadeIsTold() {
    deployed(deployment ->
        new DeploymentBuilder(deployment)
            .withNewStatus()
            .addNewCondition()
            .withType("Progressing")
            .withStatus("True")
            .endCondition()
            .addNewCondition()
            .withType("ReplicaFailure")
            .withStatus("True")
            .withReason("FailedCreate")
            .withMessage("exceeded quota")
            .endCondition()
            .endStatus()
            .build());
    assertThat(revision("ResourcesAvailable")).isEqualTo("False FailedCreate");
  }

  @Test
  void aPodThatFindsNoNodeIsToldUnlessSomebodyWillMakeRoom() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.autoscalerTakesUp("hello-00001");
    pod(pod ->
        pod.withNewStatus()
            .addNewCondition()
            .withType("PodScheduled")
            .withStatus("False")
            .withReason("Unschedulable")
            .withMessage("no room")
            .endCondition()
            .endStatus());
    stage.deployed("hello-00001", 1, 0, "True", "ReplicaSetUpdated");
    assertThat(revision("ResourcesAvailable")).isEqualTo("False Unschedulable");
    stage.configure(
        "config-deployment",
        Map.of("queue-sidecar-image", "queue", "pod-is-always-schedulable", "true"));
    stage.deployed("hello-00001", 1, 0, "True", "ReplicaSetUpdated");
    assertThat(revision("ResourcesAvailable")).startsWith("Unknown");
  }

  @Test
  void whatAContainerWaitsForIsToldOnceTheDeadlineIsOver() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.autoscalerTakesUp("hello-00001");
    pod(pod ->
        pod.withNewStatus()
            .addNewContainerStatus()
            .withName("user-container")
            .withNewState()
            .withNewWaiting("no such image", "ImagePullBackOff")
            .endState()
            .endContainerStatus()
            .endStatus());
    stage.deployed("hello-00001", 1, 0, "True", "ReplicaSetUpdated");
    assertThat(revision("ResourcesAvailable")).startsWith("Unknown");
    stage.deployed("hello-00001", 1, 0, "False", "ProgressDeadlineExceeded");
    assertThat(revision("ResourcesAvailable")).isEqualTo("False ImagePullBackOff");
    assertThat(says(Service.class, "hello", "ConfigurationsReady"))
        .isEqualTo("False RevisionFailed");
  }

  @Test
  void aDeploymentThatIsNotOursIsLeftAlone() {
    stage.world.given(
        new DeploymentBuilder()
            .withMetadata(
                new ObjectMetaBuilder()
                    .withNamespace("default")
                    .withName("hello-00001-deployment")
                    .build())
            .withNewSpec()
            .withReplicas(7)
            .endSpec()
            .build());
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    assertThat(revision("ResourcesAvailable")).isEqualTo("False NotOwned");
    assertThat(stage.failures)
        .contains("There is an existing Deployment \"hello-00001-deployment\" that we do not own.");
  }

  @Test
  void aConfigurationThatIsNotOursIsLeftAlone() {
    Configuration foreign = new Configuration();
    foreign.setMetadata(new ObjectMetaBuilder().withNamespace("default").withName("hello").build());
    foreign.setSpec(new dev.bellows.api.serving.ConfigurationSpec(null));
    stage.world.given(foreign);
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    assertThat(says(Service.class, "hello", "ConfigurationsReady")).isEqualTo("False NotOwned");
  }

  @Test
  void aRouteTellsWhichTargetIsMissing() {
    route("lost", target(null, "nobody"));
    assertThat(says(Route.class, "lost", "AllTrafficAssigned"))
        .isEqualTo("False ConfigurationMissing");
    route("gone", target("nobody-00001", null));
    assertThat(says(Route.class, "gone", "AllTrafficAssigned")).isEqualTo("False RevisionMissing");
  }

  @Test
  void aRouteTellsThatItsNameIsNoDomainAndWhatItServedItServesOn() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    var served = stage.world.cluster.ingresses().find("default", "hello").orElseThrow().getSpec();
    String longest = "t".repeat(63);
    stage.traffic("hello", new TrafficTarget(longest, "hello-00001", null, false, 100L, null));
    assertThat(says(Route.class, "hello", "AllTrafficAssigned")).isEqualTo("False ErrorConfig");
    Route route = stage.world.cluster.routes().find("default", "hello").orElseThrow();
    assertThat(
            requireNonNull(route.getStatus())
                .condition("AllTrafficAssigned")
                .orElseThrow()
                .message())
        .isEqualTo(
            "invalid domain name \"%s-hello.default.example.com\": must be no more than 63 characters"
                .formatted(longest));
    assertThat(stage.world.cluster.ingresses().find("default", "hello").orElseThrow().getSpec())
        .isEqualTo(served);
    assertThat(stage.failures).isEmpty();
  }

  @Test
  void aTemplateThatMakesNoDomainIsTold() {
    stage.configure(
        "config-network",
        Map.of(
            "ingress-class",
            ControlPlaneConfig.BELLOWS_INGRESS_CLASS,
            "domain-template",
            "{{.Name}}.{{.Annotations.sub}}.{{.Domain}}"));
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    assertThat(says(Route.class, "hello", "AllTrafficAssigned")).isEqualTo("False ErrorConfig");
    assertThat(stage.world.cluster.ingresses().all()).isEmpty();
  }

  @Test
  void aRouteTellsWhetherItsRevisionIsNotYetReadyOrNeverWillBe() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    assertThat(says(Route.class, "hello", "AllTrafficAssigned"))
        .isEqualTo("Unknown RevisionMissing");
    stage.unknownImages.add("dev.local/missing");
    stage.apply("other", "dev.local/missing");
    stage.settle();
    assertThat(says(Route.class, "other", "AllTrafficAssigned")).isEqualTo("False RevisionMissing");
  }

  @Test
  void aRouteOfAServiceMayNotLeadToAnothersRevision() {
    stage.apply("other", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("other-00001", "10.1.0.1:8012");
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.2:8012");
    stage.traffic("hello", target("other-00001", null));
    assertThat(says(Route.class, "hello", "AllTrafficAssigned"))
        .isEqualTo("False RevisionNotOwned");
    // What was led before is led still.
    assertThat(
            requireNonNull(stage.routed.get("hello"))
                .rules()
                .getFirst()
                .paths()
                .getFirst()
                .splits())
        .singleElement()
        .satisfies(split -> assertThat(split.service().name()).isEqualTo("hello-00001"));
  }

  @Test
  void aServerlessServiceTellsThatNobodyIsThere() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.autoscalerTakesUp("hello-00001");
    stage.podsReady("hello-00001");
    var sks = stage.world.cluster.serverlessServices().find("default", "hello-00001").orElseThrow();
    assertThat(says(requireNonNull(sks.getStatus()), "EndpointsPopulated"))
        .isEqualTo("Unknown NoHealthyBackends");
    assertThat(says(sks.getStatus(), "ActivatorEndpointsPopulated")).isEqualTo("True");
  }

  @Test
  void aPassThatFailsHasSeenTheGenerationNevertheless() {
    stage.unknownImages.add("dev.local/missing");
    stage.apply("hello", "dev.local/missing");
    stage.settle();
    assertThat(stage.failures).isNotEmpty();
    var revision = stage.world.cluster.revisions().find("default", "hello-00001").orElseThrow();
    assertThat(requireNonNull(revision.getStatus()).observedGeneration())
        .isEqualTo(revision.getMetadata().getGeneration());
  }

  @Test
  void eventsTellTheLifeOfAService() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    stage.unknownImages.add("dev.local/missing");
    stage.apply("hello", "dev.local/missing");
    stage.settle();
    assertThat(stage.world.announced)
        .extracting(event ->
            event.severity().wireName()
                + " "
                + event.about().getKind()
                + " "
                + event.reason()
                + ": "
                + event.message())
        .contains(
            "Normal Service Created: Created Configuration \"hello\"",
            "Normal Service Created: Created Route \"hello\"",
            "Normal Configuration Created: Created Revision \"hello-00001\".",
            "Normal Route FinalizerUpdate: Updated \"hello\" finalizers",
            "Normal Route Created: Created placeholder service \"hello\"",
            "Normal Route Created: Created Ingress \"hello\"",
            "Normal Revision RevisionReady: Revision becomes ready upon all resources being ready",
            "Normal Configuration ConfigurationReady: Configuration becomes ready.",
            "Normal Configuration LatestReadyUpdate: LatestReadyRevisionName updated to"
                + " \"hello-00001\".",
            "Warning Configuration LatestCreatedFailed: Revision \"hello-00002\" has failed.");
  }

  private void deployed(UnaryOperator<Deployment> change) {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.autoscalerTakesUp("hello-00001");
    stage.world.changed(
        stage.world.cluster.deployments().find("default", "hello-00001-deployment").orElseThrow(),
        change);
    stage.settle();
  }

  private void pod(UnaryOperator<PodBuilder> status) {
    stage.world.given(
        status
            .apply(
                new PodBuilder()
                    .withNewMetadata()
                    .withNamespace("default")
                    .withName("hello-00001-x")
                    .addToLabels(WellKnown.REVISION, "hello-00001")
                    .endMetadata())
            .build());
  }

  private void route(String name, TrafficTarget target) {
    Route route = new Route();
    route.setMetadata(new ObjectMetaBuilder().withNamespace("default").withName(name).build());
    route.setSpec(new RouteSpec(List.of(target)));
    stage.world.given(route);
    stage.settle();
  }

  private static TrafficTarget target(@Nullable String revision, @Nullable String configuration) {
    return new TrafficTarget(null, revision, configuration, revision == null, 100L, null);
  }

  private String revision(String type) {
    return says(Revision.class, "hello-00001", type);
  }

  private String says(Class<?> kind, String name, String type) {
    return says(stage, kind, name, type);
  }

  private static String says(Stage stage, Class<?> kind, String name, String type) {
    var cluster = stage.world.cluster;
    ConditionedStatus status =
        kind.equals(Revision.class)
            ? cluster.revisions().find("default", name).orElseThrow().getStatus()
            : kind.equals(Route.class)
                ? cluster.routes().find("default", name).orElseThrow().getStatus()
                : cluster.knativeServices().find("default", name).orElseThrow().getStatus();
    return says(requireNonNull(status), type);
  }

  private static String says(ConditionedStatus status, String type) {
    var condition = status.condition(type).orElseThrow();
    return condition.reason() == null || condition.reason().isEmpty()
        ? condition.status()
        : condition.status() + " " + condition.reason();
  }
}
