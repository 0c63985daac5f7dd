package dev.bellows.app.demo;

import dev.bellows.app.wiring.Bellows;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.embedded.image.Image;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The demo's service, seen and changed through the API as any client would. */
final class DemoService {
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final String OWN_PROGRAM = "dev.local/demo";
  private static final ResourceDefinitionContext KNATIVE_SERVICE =
      new ResourceDefinitionContext.Builder()
          .withGroup("serving.knative.dev")
          .withVersion("v1")
          .withKind("Service")
          .withPlural("services")
          .withNamespaced(true)
          .build();
  private static final ResourceDefinitionContext SERVERLESS_SERVICE =
      new ResourceDefinitionContext.Builder()
          .withGroup("networking.internal.knative.dev")
          .withVersion("v1alpha1")
          .withKind("ServerlessService")
          .withPlural("serverlessservices")
          .withNamespaced(true)
          .build();

  private final KubernetesClient client;
  private final Bellows bellows;
  private final String namespace;
  private final String name;

  DemoService(KubernetesClient client, Bellows bellows, String namespace, String name) {
    this.client = client;
    this.bellows = bellows;
    this.namespace = namespace;
    this.name = name;
  }

  String host() {
    return name + "." + namespace + ".example.com";
  }

  /**
   * @param program a command to serve with, or empty for the built-in image
   */
  void apply(List<String> program, Duration window) {
    String image = "dev.local/autoscale";
    if (!program.isEmpty()) {
      image = OWN_PROGRAM;
      bellows
          .images()
          .add(new Image(image, program, Map.of(), Optional.of(Path.of("").toAbsolutePath())));
    }
    GenericKubernetesResource service = new GenericKubernetesResource();
    service.setApiVersion("serving.knative.dev/v1");
    service.setKind("Service");
    service.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(namespace).build());
    service.setAdditionalProperty(
        "spec",
        Map.of(
            "template",
            Map.of(
                "metadata",
                Map.of(
                    "annotations",
                    Map.of(
                        "autoscaling.knative.dev/target",
                        "10",
                        "autoscaling.knative.dev/window",
                        window.toSeconds() + "s")),
                "spec",
                Map.of("containers", List.of(Map.of("image", image))))));
    client
        .genericKubernetesResources(KNATIVE_SERVICE)
        .inNamespace(namespace)
        .resource(service)
        .create();
  }

  /** Empty once the service is Ready, else why it is not. */
  String awaitReady(Duration limit) {
    long giveUp = System.nanoTime() + limit.toNanos();
    String why = "it says nothing";
    while (System.nanoTime() < giveUp) {
      Map<?, ?> ready = ready(service());
      if ("True".equals(ready.get("status"))) {
        return "";
      }
      if (ready.get("message") != null) {
        why = String.valueOf(ready.get("message")).strip();
      }
      if ("False".equals(ready.get("status"))) {
        return why;
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
    return "not within " + limit.toSeconds() + " s: " + why;
  }

  RevisionId revision() {
    String revision = service().get("status", "latestReadyRevisionName");
    return new RevisionId(namespace, revision);
  }

  /** Whether no pod was wanted or left before the limit. */
  boolean awaitNoPods(Duration limit) {
    long giveUp = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() < giveUp) {
      if (client
          .pods()
          .inNamespace(namespace)
          .withLabel("serving.knative.dev/service", name)
          .list()
          .getItems()
          .isEmpty()) {
        return true;
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
    return false;
  }

  /** What the API says of the revision now. */
  Sample look(RevisionId revision, double seconds, int inFlight) {
    Deployment deployment =
        client
            .apps()
            .deployments()
            .inNamespace(namespace)
            .withName(revision.name() + "-deployment")
            .get();
    Integer wanted = deployment == null ? null : deployment.getSpec().getReplicas();
    Integer ready =
        deployment == null || deployment.getStatus() == null
            ? null
            : deployment.getStatus().getReadyReplicas();
    GenericKubernetesResource path =
        client
            .genericKubernetesResources(SERVERLESS_SERVICE)
            .inNamespace(namespace)
            .withName(revision.name())
            .get();
    return new Sample(
        seconds,
        inFlight,
        ready == null ? 0 : ready,
        wanted == null ? 0 : wanted,
        path != null && "Serve".equals(path.get("spec", "mode"))
            ? Sample.Mode.SERVE
            : Sample.Mode.PROXY,
        bellows.panicking(revision));
  }

  private GenericKubernetesResource service() {
    return client
        .genericKubernetesResources(KNATIVE_SERVICE)
        .inNamespace(namespace)
        .withName(name)
        .get();
  }

  private static Map<?, ?> ready(GenericKubernetesResource service) {
    if (service.get("status", "conditions") instanceof List<?> conditions) {
      for (Object condition : conditions) {
        if (condition instanceof Map<?, ?> each && "Ready".equals(each.get("type"))) {
          return each;
        }
      }
    }
    return Map.of();
  }
}
