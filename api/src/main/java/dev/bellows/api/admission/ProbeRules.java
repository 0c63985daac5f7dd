package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.List;

/** Rules of a probe; paths are relative to it. */
final class ProbeRules {
  private static final List<String> HANDLERS = List.of("exec", "grpc", "httpGet", "tcpSocket");
  private static final List<String> WITH_PORT = List.of("grpc", "httpGet", "tcpSocket");

  private ProbeRules() {}

  /** A probe of the container that requests go to: it may name that container's port only. */
  static FieldErrors serving(JsonNode probe, String portName) {
    if (!Manifest.isSet(probe)) {
      return FieldErrors.NONE;
    }
    FieldErrors errors = oneHandler(probe);
    for (String handler : List.of("httpGet", "tcpSocket")) {
      JsonNode port = probe.path(handler).path("port");
      if (port.isTextual() && !port.textValue().isEmpty() && !port.textValue().equals(portName)) {
        errors =
            errors.and(
                FieldError.invalidValue(port.textValue(), handler + ".port")
                    .withDetails("Probe port must match container port"));
      }
    }
    return errors;
  }

  /** A probe of another container: which port is meant must be said. */
  static FieldErrors sidecar(JsonNode probe) {
    if (!Manifest.isSet(probe)) {
      return FieldErrors.NONE;
    }
    FieldErrors errors = oneHandler(probe);
    for (String handler : WITH_PORT) {
      JsonNode port = probe.path(handler).path("port");
      if (Manifest.isSet(probe.path(handler)) && port.asText("0").equals("0")) {
        errors =
            errors.and(
                FieldError.invalidValue("0", handler + ".port")
                    .withDetails("Probe port must be specified"));
      }
    }
    return errors;
  }

  /** A probe that must not be there: the original names the probe and each of its numbers. */
  static FieldErrors forbidden(JsonNode probe) {
    FieldErrors errors = FieldErrors.NONE;
    for (var field : probe.properties()) {
      boolean handler = HANDLERS.contains(field.getKey());
      if (handler && Manifest.isSet(field.getValue())) {
        errors = errors.and(FieldError.disallowedField(""));
      } else if (!handler && field.getValue().asLong() != 0) {
        errors = errors.and(FieldError.disallowedField(field.getKey()));
      }
    }
    return errors;
  }

  /** What a readiness probe must keep to besides: period 0 leaves the pace to the system. */
  static FieldErrors readiness(JsonNode probe) {
    if (!Manifest.isSet(probe)) {
      return FieldErrors.NONE;
    }
    FieldErrors errors =
        atLeast(probe, "periodSeconds", 0)
            .and(atLeast(probe, "initialDelaySeconds", 0))
            .and(atLeast(probe, "successThreshold", 1));
    if (probe.path("periodSeconds").asLong() != 0) {
      return errors
          .and(atLeast(probe, "timeoutSeconds", 1))
          .and(atLeast(probe, "failureThreshold", 1));
    }
    for (String field : List.of("failureThreshold", "timeoutSeconds")) {
      if (probe.path(field).asLong() != 0) {
        errors =
            errors.and(FieldError.of(field + " is disallowed when periodSeconds is zero", field));
      }
    }
    return errors;
  }

  private static FieldErrors atLeast(JsonNode probe, String field, int lowest) {
    long value = probe.path(field).asLong();
    return value < lowest
        ? FieldErrors.of(
            FieldError.outOfBounds("" + value, "" + lowest, "" + Integer.MAX_VALUE, field))
        : FieldErrors.NONE;
  }

  private static FieldErrors oneHandler(JsonNode probe) {
    List<String> set =
        HANDLERS.stream().filter(handler -> Manifest.isSet(probe.path(handler))).toList();
    return switch (set.size()) {
      case 0 -> FieldErrors.of(FieldError.missingOneOf(HANDLERS.toArray(String[]::new)));
      case 1 -> FieldErrors.NONE;
      default -> FieldErrors.of(FieldError.multipleOneOf(set.toArray(String[]::new)));
    };
  }
}
