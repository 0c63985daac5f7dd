package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

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
          case "GET" -> of(resource, registry.get(type, path.namespace(), path.name()));
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
        resource,
        registry
            .writes()
            .edit(
                type,
                Subresource.SCALE,
                path.namespace(),
                path.name(),
                object -> {
                  ObjectNode scale = change.apply(of(resource, object));
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
                  resource.shape().scale().setWanted(object, number);
                  return object;
                },
                RequestOptions.write(request)));
  }

  /** The scale of an object, whose kind has one. */
  static ObjectNode of(Resource resource, ObjectNode object) {
    ScalePaths paths = resource.shape().scale();
    ObjectMeta meta = ObjectMeta.of(object);
    ObjectNode scale = Json.object();
    scale.put("kind", "Scale").put("apiVersion", "autoscaling/v1");
    ObjectNode scaleMeta = scale.putObject("metadata");
    scaleMeta.put("name", meta.name()).put("namespace", meta.namespace()).put("uid", meta.uid());
    scaleMeta.put("resourceVersion", meta.resourceVersion());
    scaleMeta.put("creationTimestamp", Json.text(meta.node(), "creationTimestamp"));
    scale.putObject("spec").put("replicas", paths.wantedOf(object));
    scale
        .putObject("status")
        .put("replicas", paths.presentOf(object))
        .put("selector", paths.selectorOf(object));
    return scale;
  }
}
