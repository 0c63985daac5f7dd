package dev.bellows.controlplane;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.bellows.api.ConditionedStatus;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.RouteSpec;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.ServiceStatus;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.route.Ingress;
import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * From a Service to its answering pods: each reconciler acts on what the others have written, and
 * comes to rest: another pass over everything writes nothing.
 */
class ChainTest {
  private final Stage stage = new Stage();

  @Test
  void aServiceBecomesReadyOnceItsPodIsAndTheGatewayKnowsTheWay() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    assertThat(says(service(), "Ready")).isEqualTo("Unknown RevisionMissing");
    stage.comesUp("hello-00001", "10.1.0.1:8012");

    assertThat(says(service(), "Ready")).isEqualTo("True");
    assertThat(service().latestReadyRevisionName()).isEqualTo("hello-00001");
    assertThat(service().url()).isEqualTo("http://hello.default.example.com");
    assertThat(requireNonNull(service().address()).url())
        .isEqualTo("http://hello.default.svc.cluster.local");
    Ingress ingress = requireNonNull(stage.routed.get("hello"));
    assertThat(ingress.rules())
        .extracting(Ingress.Rule::hosts)
        .containsExactly(
            List.of("hello.default", "hello.default.svc", "hello.default.svc.cluster.local"),
            List.of("hello.default.example.com"));
    Ingress.Split split = ingress.rules().getFirst().paths().getFirst().splits().getFirst();
    assertThat(split.toString()).contains("default/hello-00001", "servicePort=80", "percent=100");
    assertThat(split.appendHeaders())
        .containsEntry("Knative-Serving-Revision", "hello-00001")
        .containsEntry("Knative-Serving-Namespace", "default");
  }

  @Test
  void aSteadySystemWritesNothing() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    stage.world.written.clear();
    stage.world.announced.clear();
    stage.after(Duration.ofHours(1));
    stage.settle();
    assertThat(stage.world.written).isEmpty();
    assertThat(stage.world.announced).isEmpty();
  }

  @Test
  void aRevisionThatRestsAtZeroIsReadyButNotActive() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    stage.podsReady("hello-00001");
    stage.deployed("hello-00001", 0, 0, "True", "NewReplicaSetAvailable");
    stage.autoscalerSays("hello-00001", "False", "NoTraffic", true, 0);
    assertThat(says(revision("hello-00001"), "Ready")).isEqualTo("True");
    assertThat(says(revision("hello-00001"), "Active")).isEqualTo("False NoTraffic");
    assertThat(says(service(), "Ready")).isEqualTo("True");
  }

  @Test
  void aNewTemplateTakesOverOnlyWhenItsRevisionIsReady() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    stage.apply("hello", "dev.local/helloworld:v2");
    stage.settle();
    assertThat(service().latestCreatedRevisionName()).isEqualTo("hello-00002");
    assertThat(service().latestReadyRevisionName()).isEqualTo("hello-00001");
    assertThat(target()).isEqualTo("hello-00001");
    stage.comesUp("hello-00002", "10.1.0.2:8012");
    assertThat(target()).isEqualTo("hello-00002");
    assertThat(says(service(), "Ready")).isEqualTo("True");
    assertThat(stage.world.announced)
        .extracting(step -> step.reason() + ": " + step.message())
        .contains("LatestReadyUpdate: LatestReadyRevisionName updated to \"hello-00002\".");
  }

  @Test
  void anUnknownImageIsToldWhereThePersonLooks() {
    stage.unknownImages.add("dev.local/missing");
    stage.apply("hello", "dev.local/missing");
    stage.settle();
    String message =
        "Unable to fetch image \"dev.local/missing\": no image of that name is known here;"
            + " add it with: bellows image add dev.local/missing -- COMMAND";
    assertThat(says(revision("hello-00001"), "Ready")).isEqualTo("False ContainerMissing");
    assertThat(service().condition("Ready").orElseThrow().message())
        .isEqualTo("Revision \"hello-00001\" failed with message: " + message + ".");
    assertThat(says(service(), "RoutesReady")).isEqualTo("False RevisionMissing");
    assertThat(stage.failures).containsExactly(message);
    assertThat(stage.world.cluster.deployments().all()).isEmpty();

    stage.unknownImages.clear(); // the person types what the message says
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    assertThat(says(service(), "Ready")).isEqualTo("True");
  }

  @Test
  void aProgramThatExitsIsToldWithItsExitCode() {
    stage.apply("hello", "dev.local/failing");
    stage.settle();
    stage.autoscalerTakesUp("hello-00001");
    stage.deployed("hello-00001", 1, 0, "True", "ReplicaSetUpdated");
    stage.world.given(
        new PodBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName("hello-00001-x")
            .addToLabels(WellKnown.REVISION, "hello-00001")
            .endMetadata()
            .withNewStatus()
            .withPhase("Running")
            .addNewContainerStatus()
            .withName("user-container")
            .withNewLastState()
            .withNewTerminated()
            .withExitCode(5)
            .withMessage("gone")
            .endTerminated()
            .endLastState()
            .endContainerStatus()
            .endStatus()
            .build());
    stage.settle();
    assertThat(says(revision("hello-00001"), "ContainerHealthy")).isEqualTo("False ExitCode5");
    assertThat(revision("hello-00001").condition("Ready").orElseThrow().message())
        .isEqualTo("Container failed with: gone");
    assertThat(
            stage
                .world
                .cluster
                .podAutoscalers()
                .find("default", "hello-00001")
                .orElseThrow()
                .getSpec()
                .reachability())
        .isEqualTo("Unreachable");

    stage.deployed("hello-00001", 1, 1, "True", "NewReplicaSetAvailable");
    stage.autoscalerSays("hello-00001", "True", "", true, 1);
    assertThat(says(revision("hello-00001"), "Ready")).isEqualTo("True");
  }

  @Test
  void aProgramThatNeverListensFailsWhenTheAutoscalerGivesUp() {
    stage.apply("hello", "dev.local/silent");
    stage.settle();
    stage.autoscalerTakesUp("hello-00001");
    stage.deployed("hello-00001", 1, 0, "True", "ReplicaSetUpdated");
    stage.autoscalerSays("hello-00001", "Unknown", "Queued", false, 0);
    assertThat(says(revision("hello-00001"), "Ready")).isEqualTo("Unknown Deploying");
    stage.deployed("hello-00001", 0, 0, "True", "NewReplicaSetAvailable");
    stage.autoscalerSays("hello-00001", "False", "TimedOut", false, 0);
    assertThat(says(revision("hello-00001"), "Ready")).isEqualTo("False ProgressDeadlineExceeded");
  }

  @Test
  void thePublicServiceLeadsToActivatorsUntilPodsAreReadyAndServing() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.autoscalerTakesUp("hello-00001");
    assertThat(publicAddresses()).containsExactly("10.9.0.1:8012");
    stage.podsReady("hello-00001", "10.1.0.1:40001");
    assertThat(publicAddresses()).containsExactly("10.9.0.1:8012"); // the mode is Proxy
    stage.mode("hello-00001", "Serve");
    assertThat(publicAddresses()).containsExactly("10.1.0.1:40001"); // where the pod listens
    stage.podsReady("hello-00001");
    assertThat(publicAddresses()).containsExactly("10.9.0.1:8012");
    stage.activators();
    stage.podsReady("hello-00001", "10.1.0.1:40001");
    stage.mode("hello-00001", "Proxy");
    assertThat(publicAddresses()).containsExactly("10.1.0.1:40001"); // nobody else there
  }

  @Test
  void ofManyActivatorsTheSameFewStandBeforeARevision() {
    stage.activators(
        "10.0.0.1",
        "10.0.0.2",
        "10.0.0.3",
        "10.0.0.4",
        "10.0.0.5",
        "10.0.0.6",
        "10.0.0.7",
        "10.0.0.8");
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.autoscalerTakesUp("hello-00001");
    assertThat(publicAddresses()).hasSize(2);
  }

  @Test
  void whatIsNotOursIsLeftAloneAndToldAloud() {
    Route foreign = new Route();
    foreign.setMetadata(new ObjectMetaBuilder().withNamespace("default").withName("hello").build());
    foreign.setSpec(new RouteSpec(List.of()));
    stage.world.given(foreign);
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    assertThat(says(service(), "RoutesReady")).isEqualTo("False NotOwned");
    assertThat(stage.failures).contains("There is an existing Route \"hello\" that we do not own.");
  }

  @Test
  void goingBackToANamedRevisionNeedsNoNewOne() {
    stage.apply("hello", "dev.local/helloworld:v1", "hello-one");
    stage.settle();
    stage.comesUp("hello-one", "10.1.0.1:8012");
    stage.apply("hello", "dev.local/helloworld:v2", "hello-two");
    stage.settle();
    stage.comesUp("hello-two", "10.1.0.2:8012");
    assertThat(target()).isEqualTo("hello-two");
    stage.apply("hello", "dev.local/helloworld:v1", "hello-one");
    stage.settle();
    assertThat(target()).isEqualTo("hello-one");
    assertThat(stage.world.cluster.revisions().all()).hasSize(2);
  }

  @Test
  void aNameThatStandsForOtherContentStopsTheTraffic() {
    stage.apply("hello", "dev.local/helloworld:v1", "hello-one");
    stage.settle();
    stage.comesUp("hello-one", "10.1.0.1:8012");
    stage.apply("hello", "dev.local/helloworld:v2", "hello-one");
    stage.settle();
    assertThat(says(service(), "RoutesReady")).isEqualTo("False RevisionNameTaken");
    assertThat(says(service(), "ConfigurationsReady")).isEqualTo("False RevisionFailed");
    assertThat(target()).isEqualTo("hello-one");
  }

  @Test
  void aNewDomainMovesTheUrlAtOnce() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    stage.configure("config-domain", Map.of("bellows.test", ""));
    stage.settle();
    assertThat(service().url()).isEqualTo("http://hello.default.bellows.test");
    stage.configure("config-autoscaler", Map.of("target-burst-capacity", "-11"));
    assertThat(stage.config.get().autoscaler().targetBurstCapacity()).isEqualTo(211);
  }

  @Test
  void aRevisionThatNoRouteLeadsToAnyMoreIsInReserveAndUnreachable() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    assertThat(routing("hello-00001")).isEqualTo("active hello Reachable");
    stage.apply("hello", "dev.local/helloworld:v2");
    stage.settle();
    assertThat(routing("hello-00001")).isEqualTo("active hello Reachable");
    assertThat(routing("hello-00002")).isEqualTo("active hello Reachable");
    stage.comesUp("hello-00002", "10.1.0.2:8012");
    assertThat(routing("hello-00001")).isEqualTo("reserve null Unreachable");
    assertThat(routing("hello-00002")).isEqualTo("active hello Reachable");
  }

  @Test
  void sharesAndTagsReachTheGatewayWithHostsOfTheirOwn() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    stage.apply("hello", "dev.local/helloworld:v2");
    stage.settle();
    stage.comesUp("hello-00002", "10.1.0.2:8012");
    stage.traffic(
        "hello",
        new TrafficTarget(null, "hello-00001", null, false, 90L, null),
        new TrafficTarget("next", null, null, true, 10L, null));

    assertThat(service().traffic())
        .extracting(TrafficTarget::revisionName, TrafficTarget::percent, TrafficTarget::url)
        .containsExactly(
            tuple("hello-00001", 90L, null),
            tuple("hello-00002", 10L, "http://next-hello.default.example.com"));
    Ingress ingress = requireNonNull(stage.routed.get("hello"));
    assertThat(ingress.rules())
        .extracting(rule -> rule.hosts().getLast())
        .containsExactly(
            "hello.default.svc.cluster.local",
            "hello.default.example.com",
            "next-hello.default.svc.cluster.local",
            "next-hello.default.example.com");
    assertThat(ingress.rules().get(1).paths().getFirst().splits())
        .extracting(split -> split.service().name(), Ingress.Split::percent)
        .containsExactly(tuple("hello-00001", 90), tuple("hello-00002", 10));
    assertThat(ingress.rules().get(3).paths().getFirst().splits())
        .extracting(split -> split.service().name(), Ingress.Split::percent)
        .containsExactly(tuple("hello-00002", 100));
    assertThat(stage.world.cluster.services().find("default", "next-hello")).isPresent();
    assertThat(says(service(), "Ready")).isEqualTo("True");

    stage.traffic("hello", new TrafficTarget(null, null, null, true, 100L, null));
    assertThat(stage.world.cluster.services().find("default", "next-hello")).isEmpty();
  }

  @Test
  void aServiceThatIsToStayInsideTheClusterHasNoPublicHost() {
    Service service = stage.apply("hello", "dev.local/helloworld");
    stage.world.changed(
        service,
        found -> {
          found.getMetadata().setLabels(Map.of(WellKnown.VISIBILITY, WellKnown.CLUSTER_LOCAL));
          return found;
        });
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    assertThat(service().url()).isEqualTo("http://hello.default.svc.cluster.local");
    assertThat(requireNonNull(stage.routed.get("hello")).rules())
        .extracting(Ingress.Rule::visibility)
        .containsExactly(Ingress.Visibility.CLUSTER_LOCAL);
  }

  private String routing(String name) {
    Revision revision = stage.world.cluster.revisions().find("default", name).orElseThrow();
    return revision.getMetadata().getLabels().get(WellKnown.ROUTING_STATE)
        + " "
        + revision.getMetadata().getAnnotations().get(WellKnown.ROUTES)
        + " "
        + stage
            .world
            .cluster
            .podAutoscalers()
            .find("default", name)
            .orElseThrow()
            .getSpec()
            .reachability();
  }

  private ServiceStatus service() {
    Service service = stage.world.cluster.knativeServices().find("default", "hello").orElseThrow();
    return service.getStatus();
  }

  private ConditionedStatus revision(String name) {
    Revision revision = stage.world.cluster.revisions().find("default", name).orElseThrow();
    return revision.getStatus();
  }

  private String target() {
    Ingress ingress = requireNonNull(stage.routed.get("hello"));
    return ingress.rules().getFirst().paths().getFirst().splits().getFirst().service().name();
  }

  private List<String> publicAddresses() {
    return stage
        .world
        .cluster
        .endpoints()
        .find("default", "hello-00001")
        .orElseThrow()
        .getSubsets()
        .stream()
        .flatMap(subset ->
            subset.getAddresses().stream()
                .map(EndpointAddress::getIp)
                .map(ip -> ip + ":" + subset.getPorts().getFirst().getPort()))
        .toList();
  }

  private static String says(ConditionedStatus status, String type) {
    var condition = status.condition(type).orElseThrow();
    return condition.reason() == null || condition.reason().isEmpty()
        ? condition.status()
        : condition.status() + " " + condition.reason();
  }
}
