package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.quantity.ResourceAmount;
import java.util.List;

/**
 * Rewrites a pod spec as the original's own types would write it: amounts in their one form, the
 * fields that are always written, and no zeros that mean absence. Otherwise the same manifest,
 * applied twice, would look like a change.
 */
final class CanonicalForm {
  private static final List<String> PROBES =
      List.of("readinessProbe", "livenessProbe", "startupProbe");
  private static final List<String> PROBE_NUMBERS =
      List.of(
          "initialDelaySeconds",
          "timeoutSeconds",
          "periodSeconds",
          "successThreshold",
          "failureThreshold");

  private CanonicalForm() {}

  static void of(ObjectNode podSpec) {
    for (String containers : List.of("containers", "initContainers", "ephemeralContainers")) {
      Manifest.objects(podSpec, containers).forEach(CanonicalForm::container);
    }
    Manifest.objects(podSpec, "volumes").forEach(CanonicalForm::volume);
    amounts(podSpec.path("overhead"));
  }

  private static void container(ObjectNode container) {
    always(container, "name");
    ObjectNode resources = Manifest.within(container, "resources");
    amounts(resources.path("requests"));
    amounts(resources.path("limits"));
    Manifest.objects(container, "ports")
        .forEach(port -> {
          if (!port.has("containerPort")) {
            port.put("containerPort", 0);
          }
        });
    Manifest.objects(container, "env").forEach(CanonicalForm::variable);
    for (String probe : PROBES) {
      if (container.path(probe) instanceof ObjectNode present) {
        probe(present);
      }
    }
  }

  private static void variable(ObjectNode variable) {
    if (variable.path("valueFrom").path("resourceFieldRef") instanceof ObjectNode reference) {
      if (!reference.has("divisor")) {
        reference.put("divisor", "0");
      }
      amount(reference, "divisor");
    }
  }

  private static void probe(ObjectNode probe) {
    for (String handler : List.of("httpGet", "tcpSocket", "grpc")) {
      if (probe.path(handler) instanceof ObjectNode present && !present.has("port")) {
        present.put("port", 0);
      }
    }
    for (String number : PROBE_NUMBERS) {
      if (probe.path(number).isNumber() && probe.path(number).longValue() == 0) {
        probe.remove(number);
      }
    }
  }

  private static void volume(ObjectNode volume) {
    for (String source : List.of("secret", "configMap")) {
      Manifest.objects(volume.path(source), "items")
          .forEach(item -> {
            always(item, "key");
            always(item, "path");
          });
    }
    if (volume.path("emptyDir") instanceof ObjectNode directory && directory.has("sizeLimit")) {
      amount(directory, "sizeLimit");
    }
    if (volume.path("ephemeral").path("volumeClaimTemplate") instanceof ObjectNode claim) {
      Manifest.within(claim, "metadata");
      Manifest.within(Manifest.within(claim, "spec"), "resources");
    }
  }

  private static void always(ObjectNode object, String text) {
    if (!object.has(text)) {
      object.put(text, "");
    }
  }

  private static void amounts(JsonNode byResource) {
    if (byResource instanceof ObjectNode object) {
      object.properties().stream()
          .map(each -> each.getKey())
          .toList()
          .forEach(name -> amount(object, name));
    }
  }

  // What is no amount stays as it is: refusing it is the schema's part.
  private static void amount(ObjectNode object, String field) {
    ResourceAmount.parse(object.path(field).asText())
        .ifPresent(amount -> object.put(field, amount.toString()));
  }
}
