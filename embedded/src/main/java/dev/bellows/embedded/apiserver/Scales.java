package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.StringJoiner;

/** The {@code scale} subresource: an {@code autoscaling/v1 Scale} in front of an object. */
final class Scales {
  private final Registry registry;

  Scales(Registry registry) {
    this.registry = registry;
  }

  void handle(Resource resource, ApiPath path, ApiRequest request) {
    ResourceType type = resource.type();
    ObjectNode answer =
        switch (request.method()) {
          case "GET" -> of(registry.get(type, path.namespace(), path.name()));
          case "PUT" -> {
            ObjectNode wanted =
                Bodies.object(request.body().bytes(), request.header("content-type"));
            yield write(resource, path, request, scale -> wanted);
          }
          case "PATCH" -> {
            Patch patch = ObjectRequests.patch(resource, request);
            yield write(
                resource,
                path,
                request,
                scale ->
                    switch (patch) {
                      case Patch.JsonOperations json -> JsonPatch.apply(json.operations(), scale);
                      case Patch.Merge merge -> MergePatch.apply(merge.document(), scale);
                      case Patch.StrategicMerge strategic ->
                          MergePatch.apply(strategic.document(), scale);
                      case Patch.Apply apply -> MergePatch.apply(apply.document(), scale);
                    });
          }
          default -> throw ApiException.methodNotAllowed();
        };
    request.answer().json(200, answer);
  }

  private ObjectNode write(
      Resource resource,
      ApiPath path,
      ApiRequest request,
      java.util.function.UnaryOperator<ObjectNode> change) {
    ResourceType type = resource.type();
    return of(
        registry
            .writes()
            .edit(
                type,
                Subresource.SCALE,
                path.namespace(),
                path.name(),
                object -> {
                  ObjectNode scale = change.apply(of(object));
                  String version = ObjectMeta.of(scale).resourceVersion();
                  if (!version.isEmpty()
                      && !version.equals(ObjectMeta.of(object).resourceVersion())) {
                    throw ApiException.stale(type, path.name());
                  }
                  JsonNode replicas = scale.path("spec").path("replicas");
                  int number = replicas.asInt(0);
                  if (number < 0) {
                    throw ApiException.invalid(
                        type,
                        path.name(),
                        List.of(
                            Cause.invalid(
                                "spec.replicas", replicas, "must be greater than or equal to 0")));
                  }
                  Json.child(object, "spec").put("replicas", number);
                  return object;
                },
                ObjectRequests.options(request)));
  }

  private static ObjectNode of(ObjectNode object) {
    ObjectMeta meta = ObjectMeta.of(object);
    ObjectNode scale = Json.object();
    scale.put("kind", "Scale").put("apiVersion", "autoscaling/v1");
    ObjectNode scaleMeta = scale.putObject("metadata");
    scaleMeta.put("name", meta.name()).put("namespace", meta.namespace()).put("uid", meta.uid());
    scaleMeta.put("resourceVersion", meta.resourceVersion());
    scaleMeta.put("creationTimestamp", Json.text(meta.node(), "creationTimestamp"));
    scale.putObject("spec").put("replicas", object.path("spec").path("replicas").asInt(0));
    scale
        .putObject("status")
        .put("replicas", object.path("status").path("replicas").asInt(0))
        .put("selector", selector(object.path("spec").path("selector")));
    return scale;
  }

  private static String selector(JsonNode selector) {
    StringJoiner text = new StringJoiner(",");
    for (var pair : selector.path("matchLabels").properties()) {
      text.add(pair.getKey() + "=" + pair.getValue().asText());
    }
    return text.toString();
  }
}
