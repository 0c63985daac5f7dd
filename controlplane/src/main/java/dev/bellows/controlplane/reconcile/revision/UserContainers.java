package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.config.Feature;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Lifecycle;
import io.fabric8.kubernetes.api.model.LifecycleBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The containers of a Revision, as its pods run them. */
final class UserContainers {
  private static final String VAR_LOG = "knative-var-log";

  /** Asks the queue-proxy to let go of the requests before the program is told to end. */
  private static final Lifecycle WAIT_FOR_DRAIN =
      new LifecycleBuilder()
          .withNewPreStop()
          .withNewHttpGet()
          .withPath("/wait-for-drain")
          .withPort(new IntOrString(8022))
          .endHttpGet()
          .endPreStop()
          .build();

  private UserContainers() {}

  static List<Container> of(Revision revision, SystemConfig config, Map<String, String> images) {
    List<Container> given = RevisionFacts.containers(revision);
    int serving = RevisionFacts.servingIndex(revision);
    List<Container> result = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      result.add(container(revision, config, images, given.get(i), i == serving));
    }
    return result;
  }

  static Volume varLogVolume() {
    return new VolumeBuilder().withName(VAR_LOG).withNewEmptyDir().endEmptyDir().build();
  }

  private static Container container(
      Revision revision,
      SystemConfig config,
      Map<String, String> images,
      Container given,
      boolean serving) {
    Map<String, String> labels = Children.labels(revision);
    ContainerBuilder container =
        new ContainerBuilder(given)
            .withImage(images.getOrDefault(given.getName(), given.getImage()))
            .withLifecycle(WAIT_FOR_DRAIN);
    if (serving) {
      int port = RevisionFacts.userPort(revision);
      container
          .withPorts(List.of())
          .addNewPort()
          .withName("user-port")
          .withContainerPort(port)
          .withProtocol("TCP")
          .endPort();
      addEnv(container, "PORT", String.valueOf(port));
      container.withLivenessProbe(onPort(given.getLivenessProbe(), port, config));
    }
    addEnv(container, "K_REVISION", revision.getMetadata().getName());
    addEnv(container, "K_CONFIGURATION", labels.getOrDefault(WellKnown.CONFIGURATION, ""));
    addEnv(container, "K_SERVICE", labels.getOrDefault(WellKnown.SERVICE, ""));
    Probe readiness = given.getReadinessProbe();
    if (readiness != null && readiness.getExec() == null) {
      container.withReadinessProbe(null); // the queue-proxy runs it, much more often
    }
    if (given.getTerminationMessagePolicy() == null
        || given.getTerminationMessagePolicy().isEmpty()) {
      container.withTerminationMessagePolicy("FallbackToLogsOnError");
    }
    if (config.observability().enableVarLogCollection()) {
      mountVarLog(container, given.getName());
    }
    return container.build();
  }

  private static void addEnv(ContainerBuilder container, String name, String value) {
    container.addToEnv(new EnvVarBuilder().withName(name).withValue(value).build());
  }

  private static @Nullable Probe onPort(@Nullable Probe probe, int port, SystemConfig config) {
    if (probe == null) {
      return null;
    }
    boolean keepsOwn = config.features().enabled(Feature.MULTI_CONTAINER_PROBING);
    ProbeBuilder result = new ProbeBuilder(probe);
    if (probe.getHttpGet() != null && !(keepsOwn && isSet(probe.getHttpGet().getPort()))) {
      result.editHttpGet().withPort(new IntOrString(port)).endHttpGet();
    } else if (probe.getTcpSocket() != null
        && !(keepsOwn && isSet(probe.getTcpSocket().getPort()))) {
      result.editTcpSocket().withPort(new IntOrString(port)).endTcpSocket();
    }
    return result.build();
  }

  private static boolean isSet(@Nullable IntOrString port) {
    return port != null && !Integer.valueOf(0).equals(port.getIntVal());
  }

  private static void mountVarLog(ContainerBuilder container, String name) {
    // Fields first: the volume is one for all containers of all pods that land on a directory.
    addFieldEnv(container, "K_INTERNAL_POD_NAME", "metadata.name");
    addFieldEnv(container, "K_INTERNAL_POD_NAMESPACE", "metadata.namespace");
    container
        .addNewVolumeMount()
        .withName(VAR_LOG)
        .withMountPath("/var/log")
        .withSubPathExpr("$(K_INTERNAL_POD_NAMESPACE)_$(K_INTERNAL_POD_NAME)_" + name)
        .endVolumeMount();
  }

  private static void addFieldEnv(ContainerBuilder container, String name, String field) {
    container.addToEnv(
        new EnvVarBuilder()
            .withName(name)
            .withNewValueFrom()
            .withNewFieldRef()
            .withFieldPath(field)
            .endFieldRef()
            .endValueFrom()
            .build());
  }
}
