package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.quantity.ResourceAmount;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What containers, their probes, hooks, variables, mounts and resources may look like. */
final class ContainerChecks {
  private static final List<String> HANDLERS = List.of("exec", "httpGet", "tcpSocket", "grpc");
  private static final List<String> HOOKS = List.of("exec", "httpGet", "tcpSocket", "sleep");
  private static final Pattern HEADER = Pattern.compile("[-A-Za-z0-9]+");
  private static final List<String> COMPUTE = List.of("cpu", "memory", "ephemeral-storage");
  private static final List<String> FIELDS =
      List.of(
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.hostIPs",
          "status.podIP",
          "status.podIPs");
  private static final List<String> OF_RESOURCES =
      List.of(
          "limits.cpu",
          "limits.ephemeral-storage",
          "limits.memory",
          "requests.cpu",
          "requests.ephemeral-storage",
          "requests.memory");
  private static final List<String> ALWAYS = List.of("Always", "IfNotPresent", "Never");

  private final Checks checks;
  private final Set<String> volumes;
  private final boolean hostNetwork;

  /**
   * @param volumes that the pod has
   */
  ContainerChecks(Checks checks, Set<String> volumes, boolean hostNetwork) {
    this.checks = checks;
    this.volumes = volumes;
    this.hostNetwork = hostNetwork;
  }

  /** A container, whose name none of {@code names} may be. */
  void container(JsonNode container, String path, boolean init, Set<String> names) {
    if (checks.required(path + ".name", container.path("name"))) {
      String name = container.path("name").asText();
      checks.label(path + ".name", container.path("name"));
      if (!names.add(name)) {
        checks.duplicate(path + ".name", '"' + name + '"');
      }
    }
    String image = container.path("image").asText("");
    if (checks.required(path + ".image", container.path("image")) && !image.strip().equals(image)) {
      checks.invalid(path + ".image", image, "must not have leading or trailing whitespace");
    }
    checks.oneOfIfSet(
        path + ".terminationMessagePolicy",
        container.path("terminationMessagePolicy"),
        List.of("File", "FallbackToLogsOnError"));
    ports(container.path("ports"), path + ".ports");
    Checks.each(container.path("env"), path + ".env", this::variable);
    Checks.each(
        container.path("envFrom"),
        path + ".envFrom",
        (at, source) -> variables(at, source, path + ".envFrom"));
    mounts(container.path("volumeMounts"), path + ".volumeMounts");
    checks.oneOfIfSet(path + ".imagePullPolicy", container.path("imagePullPolicy"), ALWAYS);
    resources(container.path("resources"), path + ".resources");
    security(container.path("securityContext"), path + ".securityContext");
    boolean stays = container.path("restartPolicy").asText("").equals("Always");
    if (init && !stays) {
      for (String field : List.of("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")) {
        if (container.path(field).isObject()) {
          checks.forbidden(
              path + "." + field,
              "may not be set for init containers without restartPolicy=Always");
        }
      }
      return;
    }
    for (String hook : List.of("postStart", "preStop")) {
      JsonNode found = container.path("lifecycle").path(hook);
      if (found.isObject()) {
        handler(found, path + ".lifecycle." + hook, HOOKS);
      }
    }
    for (String kind : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
      if (container.path(kind).isObject()) {
        probe(container.path(kind), path, kind);
      }
    }
  }

  private void ports(JsonNode ports, String path) {
    Set<String> names = new HashSet<>();
    Set<String> hostPorts = new HashSet<>();
    Checks.each(
        ports,
        path,
        (at, port) -> {
          String name = port.path("name").asText("");
          List<String> wrong = Checks.portName(name);
          if (!name.isEmpty() && !wrong.isEmpty()) {
            checks.all(at + ".name", name, wrong);
          } else if (!name.isEmpty() && !names.add(name)) {
            checks.duplicate(at + ".name", '"' + name + '"');
          }
          int number = port.path("containerPort").asInt(0);
          if (number == 0) {
            checks.missing(at + ".containerPort");
          } else {
            checks.port(at + ".containerPort", port.path("containerPort"));
          }
          String protocol = port.path("protocol").asText("TCP");
          int host = port.path("hostPort").asInt(0);
          if (host != 0) {
            checks.port(at + ".hostPort", port.path("hostPort"));
            if (hostNetwork && host != number) {
              checks.invalid(
                  at + ".hostPort",
                  port.path("hostPort"),
                  "must match `containerPort` when `hostNetwork` is true");
            }
            String place = protocol + "/" + port.path("hostIP").asText("") + "/" + host;
            if (!hostPorts.add(place)) {
              checks.duplicate(at + ".hostPort", '"' + place + '"');
            }
          }
          checks.oneOf(at + ".protocol", Json.NODES.textNode(protocol), Checks.PROTOCOLS);
        });
  }

  private void variable(String path, JsonNode variable) {
    if (checks.required(path + ".name", variable.path("name"))) {
      checks.variable(path + ".name", variable.path("name").asText());
    }
    JsonNode source = variable.path("valueFrom");
    if (!source.isObject()) {
      return;
    }
    List<String> kinds =
        Checks.set(
            source,
            List.of(
                "fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"));
    String from = path + ".valueFrom";
    if (kinds.isEmpty()) {
      checks.invalid(
          from,
          "",
          "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or"
              + " `secretKeyRef`");
    } else if (!variable.path("value").asText("").isEmpty()) {
      checks.invalid(from, "", "may not be specified when `value` is not empty");
    } else if (kinds.size() > 1) {
      checks.invalid(from, "", "may not have more than one field specified at a time");
    } else {
      JsonNode reference = source.path(kinds.getFirst());
      String at = from + "." + kinds.getFirst();
      switch (kinds.getFirst()) {
        case "fieldRef" -> field(reference, at, FIELDS);
        case "resourceFieldRef" -> ofResource(reference, at);
        case "configMapKeyRef", "secretKeyRef" -> {
          checks.subdomain(at + ".name", reference.path("name").asText(""));
          if (checks.required(at + ".key", reference.path("key"))) {
            checks.configKey(at + ".key", reference.path("key").asText());
          }
        }
        default -> {} // of a later version: a file's
      }
    }
  }

  /** A field of the pod, as a variable or a file shows it. */
  void field(JsonNode reference, String path, List<String> allowed) {
    if (!checks.required(path + ".fieldPath", reference.path("fieldPath"))) {
      return;
    }
    String field = reference.path("fieldPath").asText();
    if (field.matches("metadata\\.(labels|annotations)\\['.*'\\]")) {
      String key = field.substring(field.indexOf('\'') + 1, field.length() - 2);
      checks.qualified(path, field.startsWith("metadata.annotations") ? Checks.lower(key) : key);
    } else if (!FIELDS.contains(field)
        && !field.equals("metadata.labels")
        && !field.equals("metadata.annotations")) {
      checks.invalid(
          path + ".fieldPath",
          field,
          "error converting fieldPath: field label not supported: " + field);
    } else if (!allowed.contains(field)) {
      checks.unsupported(path + ".fieldPath", '"' + field + '"', allowed);
    }
  }

  /** A resource of a container, as a variable or a file shows it. */
  void ofResource(JsonNode reference, String path) {
    if (checks.required(path + ".resource", reference.path("resource"))) {
      String resource = reference.path("resource").asText();
      if (!resource.contains("hugepages-")) {
        checks.oneOf(path + ".resource", reference.path("resource"), OF_RESOURCES);
      }
    }
  }

  private void variables(String path, JsonNode source, String list) {
    String prefix = source.path("prefix").asText("");
    if (!prefix.isEmpty()) {
      checks.variable(path + ".prefix", prefix);
    }
    List<String> kinds = Checks.set(source, List.of("configMapRef", "secretRef"));
    for (String kind : kinds) {
      if (checks.required(path + "." + kind + ".name", source.path(kind).path("name"))) {
        checks.subdomain(path + "." + kind + ".name", source.path(kind).path("name").asText());
      }
    }
    if (kinds.isEmpty()) {
      checks.invalid(list, "", "must specify one of: `configMapRef` or `secretRef`");
    } else if (kinds.size() > 1) {
      checks.invalid(list, "", "may not have more than one field specified at a time");
    }
  }

  private void mounts(JsonNode mounts, String path) {
    Set<String> places = new HashSet<>();
    Checks.each(
        mounts,
        path,
        (at, mount) -> {
          checks.required(at + ".name", mount.path("name"));
          String volume = mount.path("name").asText("");
          if (!volumes.contains(volume)) {
            checks
                .causes()
                .add(
                    new Cause("FieldValueNotFound", at + ".name", "Not found: \"" + volume + "\""));
          }
          String place = mount.path("mountPath").asText("");
          checks.required(at + ".mountPath", mount.path("mountPath"));
          if (!places.add(place)) {
            checks.invalid(at + ".mountPath", place, "must be unique");
          }
          String sub = mount.path("subPath").asText("");
          String expression = mount.path("subPathExpr").asText("");
          checks.below(path + ".subPath", sub);
          if (!sub.isEmpty() && !expression.isEmpty()) {
            checks.invalid(
                at + ".subPathExpr", expression, "subPathExpr and subPath are mutually exclusive");
          }
          checks.below(path + ".subPathExpr", expression);
        });
  }

  private void handler(JsonNode handler, String path, List<String> kinds) {
    List<String> given = Checks.set(handler, kinds);
    if (given.isEmpty()) {
      checks.missing(path, "must specify a handler type");
      return;
    }
    for (String more : given.subList(1, given.size())) {
      checks.forbidden(path + "." + more, "may not specify more than 1 handler type");
    }
    JsonNode first = handler.path(given.getFirst());
    String at = path + "." + given.getFirst();
    switch (given.getFirst()) {
      case "exec" -> {
        if (first.path("command").isEmpty()) {
          checks.missing(at + ".command");
        }
      }
      case "httpGet" -> {
        checks.portOrName(at + ".port", first.path("port"));
        checks.oneOfIfSet(at + ".scheme", first.path("scheme"), List.of("HTTP", "HTTPS"));
        for (JsonNode header : first.path("httpHeaders")) {
          String name = header.path("name").asText("");
          if (!HEADER.matcher(name).matches()) {
            checks.invalid(
                at + ".httpHeaders",
                name,
                "a valid HTTP header must consist of alphanumeric characters or '-' (e.g."
                    + " 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')");
          }
        }
      }
      case "tcpSocket" -> checks.portOrName(at + ".port", first.path("port"));
      case "grpc" -> checks.port(at + ".port", first.path("port"));
      default -> {} // a sleep is any
    }
  }

  private void probe(JsonNode probe, String container, String kind) {
    String path = container + "." + kind;
    handler(probe, path, HANDLERS);
    for (String number :
        List.of(
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold")) {
      checks.notNegative(path + "." + number, probe.path(number));
    }
    JsonNode grace = probe.path("terminationGracePeriodSeconds");
    if (kind.equals("readinessProbe")) {
      if (grace.isNumber()) {
        checks.invalid(
            path + ".terminationGracePeriodSeconds", grace, "must not be set for readinessProbes");
      }
      return;
    }
    checks.positive(path + ".terminationGracePeriodSeconds", grace);
    if (probe.path("successThreshold").asInt(1) > 1) {
      checks.invalid(path + ".successThreshold", probe.path("successThreshold"), "must be 1");
    }
  }

  private void resources(JsonNode resources, String path) {
    JsonNode limits = resources.path("limits");
    JsonNode requests = resources.path("requests");
    boolean huge = false;
    boolean compute = false;
    for (Map.Entry<String, JsonNode> limit : limits.properties()) {
      resource(limit, path + ".limits[" + limit.getKey() + "]");
      huge |= limit.getKey().startsWith("hugepages-");
      compute |= limit.getKey().equals("cpu") || limit.getKey().equals("memory");
    }
    for (Map.Entry<String, JsonNode> request : requests.properties()) {
      String name = request.getKey();
      resource(request, path + ".requests[" + name + "]");
      huge |= name.startsWith("hugepages-");
      compute |= name.equals("cpu") || name.equals("memory");
      request(name, request.getValue(), limits.path(name), path);
    }
    if (huge && !compute) {
      checks.forbidden(path, "HugePages require cpu or memory");
    }
  }

  private void request(String name, JsonNode request, JsonNode limit, String path) {
    boolean shared = COMPUTE.contains(name);
    Optional<ResourceAmount> wanted = ResourceAmount.parse(request.asText());
    Optional<ResourceAmount> most = ResourceAmount.parse(limit.asText(""));
    if (!limit.isMissingNode() && wanted.isPresent() && most.isPresent()) {
      int compared = wanted.get().compareTo(most.get());
      if (shared ? compared > 0 : compared != 0) {
        checks.invalid(
            path + ".requests",
            request.asText(),
            "must be "
                + (shared ? "less than or equal to " : "equal to ")
                + name
                + " limit of "
                + limit.asText());
      }
    } else if (limit.isMissingNode() && !shared && name.contains("/")) {
      checks.missing(path + ".limits", "Limit must be set for non overcommitable resources");
    }
  }

  private void resource(Map.Entry<String, JsonNode> resource, String path) {
    String name = resource.getKey();
    checks.qualified(path, name);
    boolean standard = COMPUTE.contains(name) || name.startsWith("hugepages-");
    if (!name.contains("/") && !standard) {
      checks.invalid(path, name, "must be a standard resource type or fully qualified");
      checks.invalid(path, name, "must be a standard resource for containers");
    }
    String value = resource.getValue().asText();
    ResourceAmount.parse(value)
        .ifPresent(amount -> {
          if (amount.isNegative()) {
            checks.invalid(path, value, "must be greater than or equal to 0");
          }
          if (name.contains("/") && !isWhole(amount.value())) {
            checks.invalid(path, value, "must be an integer");
          }
        });
  }

  static boolean isWhole(BigDecimal value) {
    return value.stripTrailingZeros().scale() <= 0;
  }

  private void security(JsonNode context, String path) {
    if (!context.isObject()) {
      return;
    }
    checks.within(path + ".runAsUser", context.path("runAsUser"), 0);
    checks.within(path + ".runAsGroup", context.path("runAsGroup"), 0);
    checks.oneOfIfSet(
        path + ".procMount", context.path("procMount"), List.of("Default", "Unmasked"));
    seccomp(checks, path, context);
  }

  static void seccomp(Checks checks, String path, JsonNode context) {
    if (context.path("seccompProfile").isObject()) {
      checks.oneOf(
          path + ".seccompProfile.type",
          context.path("seccompProfile").path("type"),
          List.of("Localhost", "RuntimeDefault", "Unconfined"));
    }
  }
}
