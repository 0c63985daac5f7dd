package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.config.Feature;
import dev.bellows.api.config.FeaturesConfig;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Rules of one container; paths are relative to it. */
final class ContainerRules {
  private static final String QUEUE_PROXY = "queue-proxy";
  private static final List<String> PROBES =
      List.of("readinessProbe", "livenessProbe", "startupProbe");
  private static final List<String> NOT_IN_INIT_CONTAINERS =
      List.of("lifecycle", "readinessProbe", "livenessProbe", "startupProbe");
  private static final Set<String> FIELDS =
      Set.of(
          "name",
          "image",
          "imagePullPolicy",
          "command",
          "args",
          "env",
          "envFrom",
          "workingDir",
          "ports",
          "readinessProbe",
          "livenessProbe",
          "startupProbe",
          "resources",
          "securityContext",
          "terminationMessagePath",
          "terminationMessagePolicy",
          "volumeMounts");

  /** Variables that the system sets. */
  private static final Set<String> RESERVED = Set.of("K_SERVICE", "K_CONFIGURATION", "K_REVISION");

  /** Ports of the queue-proxy. */
  private static final Set<Long> RESERVED_PORTS = Set.of(8008L, 8012L, 8013L, 8022L, 9090L, 9091L);

  private static final int LAST_PORT = 65_535;
  private static final Set<String> PORT_NAMES = Set.of("", "h2c", "http1");
  private static final Set<String> TERMINATION_MESSAGE_POLICIES =
      Set.of("", "File", "FallbackToLogsOnError");
  private static final Set<String> RESERVED_PATHS = Set.of("/", "/dev", "/dev/log");
  private static final String DEFAULT_PORT_NAME = "http";

  private final FeaturesConfig features;
  private final VolumeRules volumes;
  private final Set<String> mounted;

  /** With a set that gathers the names of the volumes that containers mount. */
  ContainerRules(FeaturesConfig features, VolumeRules volumes, Set<String> mounted) {
    this.features = features;
    this.volumes = volumes;
    this.mounted = mounted;
  }

  /** The container that requests go to. */
  FieldErrors serving(JsonNode container) {
    String portName = Manifest.text(container.path("ports").path(0), "name");
    String name = portName.isEmpty() ? DEFAULT_PORT_NAME : portName;
    FieldErrors errors = any(container, Set.of("PORT"));
    for (String probe : PROBES) {
      errors = errors.and(ProbeRules.serving(container.path(probe), name).at(probe));
    }
    return errors.and(ProbeRules.readiness(container.path("readinessProbe")).at("readinessProbe"));
  }

  /** A container beside it. */
  FieldErrors sidecar(JsonNode container) {
    FieldErrors errors = any(container, Set.of());
    boolean probing = features.enabled(Feature.MULTI_CONTAINER_PROBING);
    for (String probe : PROBES) {
      JsonNode asked = container.path(probe);
      FieldErrors found = probing ? ProbeRules.sidecar(asked) : ProbeRules.forbidden(asked);
      errors = errors.and(found.at(probe));
    }
    return probing
        ? errors.and(ProbeRules.readiness(container.path("readinessProbe")).at("readinessProbe"))
        : errors;
  }

  /** A container that runs to its end before the others start. */
  FieldErrors init(JsonNode container) {
    FieldErrors errors = any(container, Set.of());
    for (String field : NOT_IN_INIT_CONTAINERS) {
      if (Manifest.isSet(container.path(field))) {
        errors = errors.and(FieldError.of("field not allowed in an init container", field));
      }
    }
    for (JsonNode port : Manifest.items(container, "ports")) {
      errors = errors.and(port(port).at("ports"));
    }
    return errors;
  }

  /** The ports of the container that requests go to. */
  FieldErrors ports(JsonNode container) {
    FieldErrors errors = FieldErrors.NONE;
    for (JsonNode port : Manifest.items(container, "ports")) {
      errors = errors.and(port(port).at("ports"));
      String name = Manifest.text(port, "name");
      if (!PORT_NAMES.contains(name)) {
        errors =
            errors.and(
                FieldError.of("Port name " + name + " is not allowed", "ports")
                    .withDetails("Name must be empty, or one of: 'h2c', 'http1'"));
      }
    }
    return errors;
  }

  private FieldErrors any(JsonNode container, Set<String> alsoReserved) {
    JsonNode resources = container.path("resources");
    return FieldErrors.join(
        List.of(
            FieldMask.check(container, FIELDS),
            name(container),
            image(container),
            env(container, alsoReserved),
            envFrom(container),
            FieldMask.check(resources, Set.of("requests", "limits")).at("resources"),
            SecurityRules.container(container.path("securityContext"), features)
                .at("securityContext"),
            oneOf(container, "terminationMessagePolicy", TERMINATION_MESSAGE_POLICIES),
            mounts(container)));
  }

  private static FieldErrors name(JsonNode container) {
    return Manifest.text(container, "name").equals(QUEUE_PROXY)
        ? FieldErrors.of(
            FieldError.of("\"" + QUEUE_PROXY + "\" is a reserved container name", "name"))
        : FieldErrors.NONE;
  }

  private static FieldErrors image(JsonNode container) {
    String image = Manifest.text(container, "image");
    if (image.isEmpty()) {
      return FieldErrors.of(FieldError.missingField("image"));
    }
    return ImageReference.isValid(image)
        ? FieldErrors.NONE
        : FieldErrors.of(
            FieldError.of("Failed to parse image reference", "image")
                .withDetails(
                    "image: \"%s\", error: could not parse reference: %s".formatted(image, image)));
  }

  private FieldErrors env(JsonNode container, Set<String> alsoReserved) {
    FieldErrors errors = FieldErrors.NONE;
    List<JsonNode> variables = Manifest.items(container, "env");
    for (int i = 0; i < variables.size(); i++) {
      errors = errors.and(variable(variables.get(i), alsoReserved).atIndex(i).at("env"));
    }
    return errors;
  }

  private FieldErrors variable(JsonNode variable, Set<String> alsoReserved) {
    FieldErrors errors =
        FieldMask.check(variable, Set.of("name", "value", "valueFrom"))
            .and(FieldMask.check(variable.path("valueFrom"), this::mayBeSource).at("valueFrom"));
    String name = Manifest.text(variable, "name");
    if (name.isEmpty()) {
      return errors.and(FieldError.missingField("name"));
    }
    return RESERVED.contains(name) || alsoReserved.contains(name)
        ? errors.and(FieldError.of("\"" + name + "\" is a reserved environment variable", "name"))
        : errors;
  }

  private boolean mayBeSource(String source) {
    return switch (source) {
      case "configMapKeyRef", "secretKeyRef" -> true;
      case "fieldRef", "resourceFieldRef" -> features.permits(Feature.FIELD_REF);
      default -> false;
    };
  }

  // Without an index in the path, as the original has it.
  private static FieldErrors envFrom(JsonNode container) {
    FieldErrors errors = FieldErrors.NONE;
    for (JsonNode source : Manifest.items(container, "envFrom")) {
      boolean configMap = Manifest.isSet(source.path("configMapRef"));
      boolean secret = Manifest.isSet(source.path("secretRef"));
      if (configMap && secret) {
        errors = errors.and(FieldError.multipleOneOf("configMapRef", "secretRef"));
      } else if (!configMap && !secret) {
        errors = errors.and(FieldError.missingOneOf("configMapRef", "secretRef"));
      }
    }
    return errors.at("envFrom");
  }

  private static FieldErrors oneOf(JsonNode container, String field, Set<String> allowed) {
    String value = Manifest.text(container, field);
    return allowed.contains(value)
        ? FieldErrors.NONE
        : FieldErrors.of(FieldError.invalidValue(value, field));
  }

  private static FieldErrors port(JsonNode port) {
    FieldErrors errors = FieldMask.check(port, Set.of("containerPort", "name", "protocol"));
    String protocol = Manifest.text(port, "protocol");
    if (!protocol.isEmpty() && !protocol.equals("TCP")) {
      errors = errors.and(FieldError.invalidValue(protocol, "protocol"));
    }
    long number = port.path("containerPort").asLong();
    if (number < 0 || number > LAST_PORT) {
      errors =
          errors.and(FieldError.outOfBounds("" + number, "0", "" + LAST_PORT, "containerPort"));
    }
    if (RESERVED_PORTS.contains(number)) {
      errors =
          errors.and(
              FieldError.invalidValue(number + " is a reserved port", "containerPort")
                  .withDetails(number + " is a reserved port, please use a different value"));
    }
    return errors;
  }

  private FieldErrors mounts(JsonNode container) {
    FieldErrors errors = FieldErrors.NONE;
    Set<String> paths = new HashSet<>();
    List<JsonNode> mounts = Manifest.items(container, "volumeMounts");
    for (int i = 0; i < mounts.size(); i++) {
      errors = errors.and(mount(mounts.get(i), paths).atIndex(i).at("volumeMounts"));
    }
    return errors;
  }

  private FieldErrors mount(JsonNode mount, Set<String> paths) {
    FieldErrors errors =
        FieldMask.check(
            mount,
            field ->
                Set.of("name", "readOnly", "mountPath", "subPath").contains(field)
                    || (field.equals("mountPropagation")
                        && features.permits(Feature.VOLUMES_MOUNT_PROPAGATION)));
    String name = Manifest.text(mount, "name");
    if (Manifest.isSet(mount.path("mountPropagation"))
        && !features.enabled(Feature.VOLUMES_MOUNT_PROPAGATION)) {
      errors =
          errors.and(
              FieldError.of(
                  "Volume Mount Propagation support is disabled, but found volume mount "
                      + name
                      + " with mount propagation"));
    }
    mounted.add(name);
    if (!volumes.knows(name)) {
      errors = errors.and(FieldError.of("volumeMount has no matching volume", "name"));
    } else if (volumes.isReadOnly(name) && !mount.path("readOnly").asBoolean()) {
      errors =
          errors.and(
              FieldError.of("volume mount should be readOnly for this type of volume", "readOnly"));
    }
    return errors.and(mountPath(Manifest.text(mount, "mountPath"), paths));
  }

  private static FieldErrors mountPath(String written, Set<String> paths) {
    if (written.isEmpty()) {
      return FieldErrors.of(FieldError.missingField("mountPath"));
    }
    String path = Paths.clean(written);
    if (RESERVED_PATHS.contains(path)) {
      return FieldErrors.of(
          FieldError.of("mountPath \"" + path + "\" is a reserved path", "mountPath"));
    }
    if (!path.startsWith("/")) {
      return FieldErrors.of(FieldError.invalidValue(written, "mountPath"));
    }
    return paths.add(path)
        ? FieldErrors.NONE
        : FieldErrors.of(
            FieldError.invalidValue("\"" + written + "\" must be unique", "mountPath"));
  }
}
