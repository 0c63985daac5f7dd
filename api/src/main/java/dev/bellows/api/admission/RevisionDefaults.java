package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.config.DefaultsConfig;
import dev.bellows.api.config.FeaturesConfig;
import dev.bellows.api.config.FeaturesConfig.SecurePodDefaults;
import dev.bellows.api.config.NameTemplate;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.quantity.ResourceAmount;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Fills in what a Revision's spec does not say (serving spec §2). */
final class RevisionDefaults {
  private static final List<String> HANDLERS = List.of("httpGet", "tcpSocket", "exec", "grpc");
  private static final Set<String> WRITABLE_VOLUMES =
      Set.of("emptyDir", "persistentVolumeClaim", "ephemeral");

  /** Ports below this one need a capability to be opened. */
  private static final int FIRST_UNPRIVILEGED_PORT = 1024;

  private static final int FAILURE_THRESHOLD = 3;
  private static final int TIMEOUT_SECONDS = 1;

  private final DefaultsConfig defaults;
  private final FeaturesConfig features;
  private final Operation operation;

  RevisionDefaults(SystemConfig config, Operation operation) {
    this.defaults = config.defaults();
    this.features = config.features();
    this.operation = operation;
  }

  /**
   * Changes a spec in place.
   *
   * @param parent metadata of the object that the user writes, for names made from it
   */
  void apply(ObjectNode spec, JsonNode parent) {
    limits(spec);
    List<ObjectNode> containers = Manifest.objects(spec, "containers").toList();
    List<ObjectNode> initContainers = Manifest.objects(spec, "initContainers").toList();
    names(containers, initContainers, parent);
    for (ObjectNode container : containers) {
      resources(container);
      boolean serving = containers.size() == 1 || !container.path("ports").isEmpty();
      readinessProbe(container, serving);
      for (String probe : List.of("readinessProbe", "livenessProbe", "startupProbe")) {
        grpcService(container.path(probe));
      }
    }
    Stream.concat(containers.stream(), initContainers.stream())
        .forEach(container -> {
          volumeMounts(container, spec);
          security(container, spec);
        });
    CanonicalForm.of(spec);
  }

  private void limits(ObjectNode spec) {
    if (spec.path("timeoutSeconds").asLong(0) == 0) {
      spec.put("timeoutSeconds", defaults.revisionTimeoutSeconds());
    }
    timeout(spec, "responseStartTimeoutSeconds", defaults.revisionResponseStartTimeoutSeconds());
    timeout(spec, "idleTimeoutSeconds", defaults.revisionIdleTimeoutSeconds());
    if (!Manifest.isSet(spec.path("containerConcurrency"))) {
      spec.put("containerConcurrency", defaults.containerConcurrency());
    }
    if (operation == Operation.CREATE && !Manifest.isSet(spec.path("enableServiceLinks"))) {
      defaults.enableServiceLinks().ifPresent(links -> spec.put("enableServiceLinks", links));
    }
  }

  // A timeout as long as the whole request's would never be the one that strikes.
  private static void timeout(ObjectNode spec, String field, long configured) {
    boolean shorter = configured < spec.path("timeoutSeconds").asLong();
    if (!Manifest.isSet(spec.path(field)) && configured != 0 && shorter) {
      spec.put(field, configured);
    }
  }

  private void names(
      List<ObjectNode> containers, List<ObjectNode> initContainers, JsonNode parent) {
    Set<String> taken = new HashSet<>();
    Stream.concat(containers.stream(), initContainers.stream())
        .map(container -> Manifest.text(container, "name"))
        .filter(name -> !name.isEmpty())
        .forEach(taken::add);
    NameTemplate.Values values =
        new NameTemplate.Values(
            Map.of(
                "Name", Manifest.text(parent, "name"),
                "Namespace", Manifest.text(parent, "namespace")),
            Map.of(
                "Labels", Manifest.texts(parent, "labels"),
                "Annotations", Manifest.texts(parent, "annotations")));
    name(containers, taken, defaults.containerNameTemplate().render(values));
    name(initContainers, taken, defaults.initContainerNameTemplate().render(values));
  }

  private static void name(List<ObjectNode> containers, Set<String> taken, String base) {
    boolean numbered = containers.size() > 1 || taken.contains(base);
    int next = 0;
    for (ObjectNode container : containers) {
      if (!Manifest.text(container, "name").isEmpty()) {
        continue;
      }
      String name = base;
      if (numbered) {
        do {
          name = base + "-" + next++;
        } while (taken.contains(name));
      }
      taken.add(name);
      container.put("name", name);
    }
  }

  private void resources(ObjectNode container) {
    ObjectNode resources = Manifest.within(container, "resources");
    defaults
        .resources()
        .forEach((bound, amounts) ->
            amounts.forEach((resource, amount) -> amount(resources, bound, resource, amount)));
  }

  private static void amount(
      ObjectNode resources, String bound, String resource, ResourceAmount amount) {
    ObjectNode amounts = Manifest.within(resources, bound);
    if (!amounts.has(resource)) {
      amounts.put(resource, amount.toString());
    }
  }

  private static void readinessProbe(ObjectNode container, boolean serving) {
    if (!serving && !(container.path("readinessProbe") instanceof ObjectNode)) {
      return;
    }
    ObjectNode probe = Manifest.within(container, "readinessProbe");
    if (serving && HANDLERS.stream().noneMatch(handler -> Manifest.isSet(probe.path(handler)))) {
      probe.putObject("tcpSocket").put("port", 0);
    }
    numberIfZero(probe, "successThreshold", 1);
    if (probe.path("periodSeconds").asLong(0) != 0) {
      numberIfZero(probe, "failureThreshold", FAILURE_THRESHOLD);
      numberIfZero(probe, "timeoutSeconds", TIMEOUT_SECONDS);
    }
  }

  private static void numberIfZero(ObjectNode object, String field, int value) {
    if (object.path(field).asLong(0) == 0) {
      object.put(field, value);
    }
  }

  private static void grpcService(JsonNode probe) {
    if (probe.path("grpc") instanceof ObjectNode grpc && !grpc.hasNonNull("service")) {
      grpc.put("service", "");
    }
  }

  private static void volumeMounts(ObjectNode container, ObjectNode spec) {
    Set<String> writable = new HashSet<>();
    for (JsonNode volume : Manifest.items(spec, "volumes")) {
      if (WRITABLE_VOLUMES.stream().anyMatch(kind -> Manifest.isSet(volume.path(kind)))) {
        writable.add(Manifest.text(volume, "name"));
      }
    }
    Manifest.objects(container, "volumeMounts")
        .filter(mount -> !writable.contains(Manifest.text(mount, "name")))
        .forEach(mount -> mount.put("readOnly", true));
  }

  private void security(ObjectNode container, ObjectNode spec) {
    if (features.securePodDefaults() == SecurePodDefaults.DISABLED) {
      return;
    }
    JsonNode pod = spec.path("securityContext");
    ObjectNode context = Manifest.within(container, "securityContext");
    if (!Manifest.isSet(context.path("allowPrivilegeEscalation"))) {
      context.put("allowPrivilegeEscalation", false);
    }
    if (!Manifest.isSet(context.path("seccompProfile"))
        && !Manifest.isSet(pod.path("seccompProfile"))) {
      context.putObject("seccompProfile").put("type", "RuntimeDefault");
    }
    if (!Manifest.isSet(context.path("capabilities"))) {
      ObjectNode capabilities = context.putObject("capabilities");
      capabilities.putArray("drop").add("ALL");
      if (opensPrivilegedPort(container)) {
        capabilities.putArray("add").add("NET_BIND_SERVICE");
      }
    }
    if (features.securePodDefaults() == SecurePodDefaults.ENABLED
        && !Manifest.isSet(context.path("runAsNonRoot"))
        && !Manifest.isSet(pod.path("runAsNonRoot"))) {
      context.put("runAsNonRoot", true);
    }
  }

  private static boolean opensPrivilegedPort(ObjectNode container) {
    return Manifest.items(container, "ports").stream()
        .mapToLong(port -> port.path("containerPort").asLong())
        .anyMatch(port -> port > 0 && port < FIRST_UNPRIVILEGED_PORT);
  }
}
