package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.Service;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * An object as the reconcilers' client reads it. Where a schema keeps what it does not know, it
 * says nothing of types either; and one object that cannot be read would break the watch of its
 * whole kind.
 */
final class TypedForm {
  private static final KubernetesSerialization CLIENT = new KubernetesSerialization();

  private static final Map<String, Class<?>> TYPES =
      Map.of(
          "Service", Service.class,
          "Configuration", Configuration.class,
          "Revision", Revision.class,
          "Route", Route.class,
          "DomainMapping", DomainMapping.class,
          "PodAutoscaler", PodAutoscaler.class,
          "Metric", Metric.class,
          "Ingress", KIngress.class,
          "ServerlessService", ServerlessService.class,
          "Certificate", Certificate.class);

  private TypedForm() {}

  /** Why an object of one of our kinds cannot be read, with the field; empty if it can. */
  static Optional<String> unreadable(String kind, ObjectNode object) {
    Class<?> type = TYPES.get(kind);
    if (type == null) {
      return Optional.empty();
    }
    try {
      Object _ = CLIENT.convertValue(object, type);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(
          e.getCause() instanceof JsonMappingException mapping
              ? path(mapping) + ": " + mapping.getOriginalMessage()
              : String.valueOf(e.getMessage()));
    }
  }

  private static String path(JsonMappingException error) {
    return error.getPath().stream()
        .map(step ->
            step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
        .collect(Collectors.joining())
        .replaceFirst("^\\.", "");
  }
}
