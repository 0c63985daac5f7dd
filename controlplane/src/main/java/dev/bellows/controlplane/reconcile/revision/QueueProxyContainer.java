package dev.bellows.controlplane.reconcile.revision;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.config.DeploymentConfig;
import dev.bellows.api.config.Feature;
import dev.bellows.api.config.ObservabilityConfig;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.RevisionSpec;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.revision.Protocol;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The queue-proxy container of a Revision's pods (serving spec §4, data-plane spec §1). */
final class QueueProxyContainer {
  private static final int TLS_PORT = 8112;

  private static final SecurityContext LOCKED_DOWN =
      new SecurityContextBuilder()
          .withAllowPrivilegeEscalation(false)
          .withReadOnlyRootFilesystem(true)
          .withRunAsNonRoot(true)
          .withNewCapabilities()
          .withDrop("ALL")
          .endCapabilities()
          .withNewSeccompProfile()
          .withType("RuntimeDefault")
          .endSeccompProfile()
          .build();

  private QueueProxyContainer() {}

  static Container of(Revision revision, SystemConfig config) {
    Protocol protocol = RevisionFacts.protocol(revision);
    return new ContainerBuilder()
        .withName(RevisionFacts.QUEUE_PROXY)
        .withImage(config.deployment().queueSidecarImage())
        .withResources(QueueProxyResources.of(revision, config))
        .withPorts(ports(protocol, config))
        .withReadinessProbe(ReadinessProbe.ofQueueProxy(revision, protocol.queueProxyPort()))
        .withSecurityContext(LOCKED_DOWN)
        .withEnv(env(revision, config, protocol))
        .withVolumeMounts(
            config.network().systemInternalTls()
                ? List.of(QueueProxyCertificate.mount())
                : List.of())
        .build();
  }

  private static List<ContainerPort> ports(Protocol protocol, SystemConfig config) {
    List<ContainerPort> ports = new ArrayList<>();
    ports.add(port("http-autometric", 9090));
    ports.add(port("http-usermetric", 9091));
    if (config.observability().runtimeProfiling()) {
      ports.add(port("profiling-port", 8008));
    }
    ports.add(port("queue-port", protocol.queueProxyPort()));
    ports.add(port("https-port", TLS_PORT));
    return ports;
  }

  private static ContainerPort port(String name, int number) {
    return new ContainerPortBuilder()
        .withName(name)
        .withContainerPort(number)
        .withProtocol("TCP")
        .build();
  }

  private static List<EnvVar> env(Revision revision, SystemConfig config, Protocol protocol) {
    RevisionSpec spec = revision.getSpec();
    Map<String, String> labels = Children.labels(revision);
    DeploymentConfig.Tls tls = config.deployment().queueSidecarTls();
    return List.of(
        value("SERVING_NAMESPACE", revision.getMetadata().getNamespace()),
        value("SERVING_SERVICE", labels.getOrDefault(WellKnown.SERVICE, "")),
        value("SERVING_CONFIGURATION", labels.getOrDefault(WellKnown.CONFIGURATION, "")),
        value("SERVING_REVISION", revision.getMetadata().getName()),
        value("QUEUE_SERVING_PORT", String.valueOf(protocol.queueProxyPort())),
        value("QUEUE_SERVING_TLS_PORT", String.valueOf(TLS_PORT)),
        value(
            "CONTAINER_CONCURRENCY",
            String.valueOf(RevisionFacts.containerConcurrency(spec, config))),
        value(
            "REVISION_TIMEOUT_SECONDS", String.valueOf(RevisionFacts.timeoutSeconds(spec, config))),
        value(
            "REVISION_RESPONSE_START_TIMEOUT_SECONDS", orZero(spec.responseStartTimeoutSeconds())),
        value("REVISION_IDLE_TIMEOUT_SECONDS", orZero(spec.idleTimeoutSeconds())),
        field("SERVING_POD", "metadata.name"),
        field("SERVING_POD_IP", "status.podIP"),
        value("SERVING_LOGGING_CONFIG", config.logging().zapLoggerConfig()),
        value("SERVING_LOGGING_LEVEL", config.logging().levels().getOrDefault("queueproxy", "")),
        value("USER_PORT", String.valueOf(RevisionFacts.userPort(revision))),
        value("SYSTEM_NAMESPACE", SystemConfig.NAMESPACE),
        value("SERVING_READINESS_PROBE", ReadinessProbe.json(revision, config)),
        field("HOST_IP", "status.hostIP"),
        value(
            "ENABLE_HTTP2_AUTO_DETECTION",
            String.valueOf(config.features().enabled(Feature.AUTODETECT_HTTP2))),
        value("ENABLE_HTTP_FULL_DUPLEX", String.valueOf(RevisionFacts.isFullDuplex(revision))),
        value("ROOT_CA", config.deployment().queueSidecarRootCa()),
        value("QUEUE_PROXY_TLS_MIN_VERSION", tls.minVersion()),
        value("QUEUE_PROXY_TLS_MAX_VERSION", tls.maxVersion()),
        value("QUEUE_PROXY_TLS_CIPHER_SUITES", tls.cipherSuites()),
        value("QUEUE_PROXY_TLS_CURVE_PREFERENCES", tls.curvePreferences()),
        value(
            "ENABLE_MULTI_CONTAINER_PROBES",
            String.valueOf(config.features().enabled(Feature.MULTI_CONTAINER_PROBING))),
        value("OBSERVABILITY_CONFIG", observability(config.observability())));
  }

  private static String observability(ObservabilityConfig config) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode tracing = json.putObject("tracing");
    export(tracing, config.tracing());
    tracing.put("samplingRate", config.tracingSamplingRate());
    export(json.putObject("metrics"), config.metrics());
    json.putObject("runtime")
        .put("profiling", config.runtimeProfiling() ? "enabled" : "disabled")
        .put("exportInterval", config.runtimeExportInterval().toNanos());
    if (!config.requestLogTemplate().isEmpty()) {
      json.put("requestLogTemplate", config.requestLogTemplate()); // else the queue-proxy's own
    }
    json.put("enableRequestLog", config.enableRequestLog());
    json.put("enableProbeRequestLog", config.enableProbeRequestLog());
    export(json.putObject("requestMetrics"), config.requestMetrics());
    return json.toString();
  }

  private static void export(ObjectNode node, ObservabilityConfig.Export export) {
    node.put("protocol", export.protocol());
    if (!export.endpoint().isEmpty()) {
      node.put("endpoint", export.endpoint());
    }
    export.interval().ifPresent(interval -> node.put("exportInterval", interval.toNanos()));
  }

  private static String orZero(@Nullable Long seconds) {
    return seconds == null ? "0" : seconds.toString();
  }

  private static EnvVar value(String name, String value) {
    return new EnvVarBuilder().withName(name).withValue(value).build();
  }

  private static EnvVar field(String name, String path) {
    return new EnvVarBuilder()
        .withName(name)
        .withNewValueFrom()
        .withNewFieldRef()
        .withFieldPath(path)
        .endFieldRef()
        .endValueFrom()
        .build();
  }
}
