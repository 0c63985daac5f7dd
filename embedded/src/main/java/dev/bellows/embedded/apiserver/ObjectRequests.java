package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Key;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Answers requests for objects: the verbs on collections, objects and their subresources. */
final class ObjectRequests {
  /** As errors of a binding name it. */
  private static final ResourceType BINDING =
      new ResourceType("", "v1", "Binding", "pods/binding", true);

  private final Registry registry;
  private final Rbac rbac;
  private final LogRequests logs;
  private final StreamRequests streams;
  private final Scales scales;
  private final ByteBudget.Pair lists =
      new ByteBudget.Pair(
          new ByteBudget(ListRequest.MAX_BYTES - ListRequest.MAX_BYTES_OF_OTHERS),
          new ByteBudget(ListRequest.MAX_BYTES_OF_OTHERS));
  private final ServiceAccountTokens accounts;

  ObjectRequests(Registry registry, NodeAccess node, ServiceAccountTokens accounts, Rbac rbac) {
    this.registry = registry;
    this.rbac = rbac;
    this.accounts = accounts;
    this.logs = new LogRequests(registry, node.logs());
    this.streams = new StreamRequests(registry, node.pods());
    this.scales = new Scales(registry);
  }

  void handle(ApiPath path, ApiRequest request) {
    Resource resource =
        registry
            .catalog()
            .find(path.group(), path.plural())
            .filter(found -> found.versions().contains(path.version()))
            .orElseThrow(ApiException::noSuchResource);
    boolean namespaceGiven = !path.namespace().isEmpty();
    if (namespaceGiven && !resource.type().namespaced()) {
      throw ApiException.noSuchResource();
    }
    if (!path.name().isEmpty() && resource.type().namespaced() && !namespaceGiven) {
      throw ApiException.noSuchResource();
    }
    Accept accept =
        Accept.of(
            request.header("accept"), Accept.Offer.of(resource.isCustom(), request.flag("watch")));
    answer(
        resource,
        path,
        request.answeredBy(EncodedAnswer.of(accept.encoding(), request.answer())),
        new Views(resource, path.version(), accept, request.parameter("includeObject")));
  }

  private void answer(Resource resource, ApiPath path, ApiRequest request, Views views) {
    if (path.name().isEmpty()) {
      collection(resource, path, request, views);
    } else if (path.subresource().isEmpty()) {
      object(resource, path, request, views);
    } else if (resource.subresources().contains(path.subresource())) {
      subresource(resource, path, request, views);
    } else {
      throw ApiException.noSuchResource();
    }
  }

  private void collection(Resource resource, ApiPath path, ApiRequest request, Views views) {
    @Nullable String namespace =
        resource.type().namespaced() && path.namespace().isEmpty() ? null : path.namespace();
    switch (request.method()) {
      case "GET" -> {
        if (request.flag("watch")) {
          new WatchRequest(resource, namespace, request, views).answer(registry);
        } else {
          new ListRequest(resource, namespace, request, views)
              .answer(registry.store(), lists.of(request.user()));
        }
      }
      case "POST" -> {
        ObjectNode object = body(resource, path, request);
        inNamespace(resource, path, object);
        ObjectNode made = registry.writes().create(resource.type(), object, options(request));
        request.answer().json(201, views.of(made));
      }
      case "DELETE" -> {
        if (namespace == null) {
          throw ApiException.methodNotAllowed(); // too much for one request
        }
        deleteCollection(resource, namespace, request, views);
      }
      default -> throw ApiException.methodNotAllowed();
    }
  }

  private void object(Resource resource, ApiPath path, ApiRequest request, Views views) {
    ResourceType type = resource.type();
    switch (request.method()) {
      case "GET" -> get(resource, path, request, views);
      case "PUT" -> {
        ObjectNode object = body(resource, path, request);
        addressed(path, object);
        put(resource, object, request, views);
      }
      case "PATCH" -> patched(patch(resource, Subresource.NONE, path, request), request, views);
      case "DELETE" -> {
        WritePath.Deletion deletion =
            registry
                .writes()
                .delete(
                    type,
                    path.namespace(),
                    path.name(),
                    RequestOptions.delete(request),
                    options(request));
        if (deletion.gone() && !returnsDeleted(type)) {
          request.answer().json(200, deleted(type, deletion.object()));
        } else {
          request.answer().json(200, views.of(deletion.object()));
        }
      }
      default -> throw ApiException.methodNotAllowed();
    }
  }

  private void put(Resource resource, ObjectNode object, ApiRequest request, Views views) {
    ResourceType type = resource.type();
    WriteOptions options = options(request);
    try {
      request
          .answer()
          .json(200, views.of(registry.writes().replace(type, Subresource.NONE, object, options)));
    } catch (ApiException e) {
      boolean made = e.code() == 404 && BuiltIns.CREATED_BY_UPDATE.contains(type);
      if (!made || !ObjectMeta.of(object).resourceVersion().isEmpty()) {
        throw e;
      }
      request.answer().json(201, views.of(registry.writes().create(type, object, options)));
    }
  }

  private void get(Resource resource, ApiPath path, ApiRequest request, Views views) {
    if (request.flag("watch")) {
      throw ApiException.methodNotAllowed();
    }
    ResourceType type = resource.type();
    Entry entry =
        registry
            .store()
            .get(new Key(type.resource(), path.namespace(), path.name()))
            .orElseThrow(() -> ApiException.notFound(type, path.name()));
    if (views.isPlain()) {
      request.answer().send(200, "application/json", entry.value());
    } else {
      request.answer().json(200, views.of(Json.read(entry.value())));
    }
  }

  private void subresource(Resource resource, ApiPath path, ApiRequest request, Views views) {
    ResourceType type = resource.type();
    switch (path.subresource()) {
      case "status" -> {
        switch (request.method()) {
          case "GET" -> get(resource, path, request, views);
          case "PUT" -> {
            ObjectNode object = body(resource, path, request);
            addressed(path, object);
            ObjectNode made =
                registry.writes().replace(type, Subresource.STATUS, object, options(request));
            request.answer().json(200, views.of(made));
          }
          case "PATCH" ->
              patched(patch(resource, Subresource.STATUS, path, request), request, views);
          default -> throw ApiException.methodNotAllowed();
        }
      }
      case "finalize" -> {
        if (!request.method().equals("PUT")) {
          throw ApiException.methodNotAllowed();
        }
        ObjectNode object = body(resource, path, request);
        addressed(path, object);
        request.answer().json(200, views.of(registry.finalizeNamespace(object)));
      }
      case "scale" -> scales.handle(resource, path, request);
      case "log" -> logs.handle(path, request);
      case "attach", "exec", "portforward" -> {
        ObjectNode _ =
            reviewed("CONNECT", resource, path, request, ConnectOptions.of(path, request));
        streams.handle(path, request);
      }
      case "token" -> {
        ObjectNode wanted =
            posted(resource, path, request, "authentication.k8s.io/v1", "TokenRequest");
        request.answer().json(201, accounts.issue(path.namespace(), path.name(), wanted));
      }
      case "binding" -> bind(path, request, posted(resource, path, request, "v1", "Binding"));
      case "eviction" -> {
        ObjectNode _ = posted(resource, path, request, "policy/v1", "Eviction");
        registry
            .writes()
            .delete(type, path.namespace(), path.name(), DeleteOptions.DEFAULT, options(request));
        request.answer().json(201, success());
      }
      default -> throw ApiException.noSuchResource();
    }
  }

  /** What was sent to a subresource of a kind of its own, as webhooks let it pass. */
  private ObjectNode posted(
      Resource resource, ApiPath path, ApiRequest request, String apiVersion, String kind) {
    requirePost(request);
    ObjectNode sent =
        request.body().isEmpty()
            ? Json.object()
            : Bodies.object(request.body().bytes(), request.header("content-type"));
    if (Json.text(sent, "kind").isEmpty()) {
      sent.put("apiVersion", apiVersion).put("kind", kind);
    }
    return reviewed("CREATE", resource, path, request, sent);
  }

  private ObjectNode reviewed(
      String operation, Resource resource, ApiPath path, ApiRequest request, ObjectNode sent) {
    return registry
        .writes()
        .review(WebhookRequest.at(operation, resource, path, sent, RequestOptions.write(request)));
  }

  private void bind(ApiPath path, ApiRequest request, ObjectNode binding) {
    String node = Json.text(binding, "target", "name");
    registry.edit(
        ResourceTypes.PODS,
        path.namespace(),
        path.name(),
        pod -> {
          String assigned = Json.text(pod, "spec", "nodeName");
          if (!assigned.isEmpty()) {
            throw ApiException.conflict(
                BINDING,
                path.name(),
                "pod " + path.name() + " is already assigned to node \"" + assigned + "\"");
          }
          Json.child(pod, "spec").put("nodeName", node);
          return pod;
        });
    registry.editStatus(
        ResourceTypes.PODS,
        path.namespace(),
        path.name(),
        pod -> {
          ObjectNode status = Json.child(pod, "status");
          if (!status.path("conditions").isArray()) {
            status
                .putArray("conditions")
                .addObject()
                .put("type", "PodScheduled")
                .put("status", "True")
                .putNull("lastProbeTime")
                .put("lastTransitionTime", ObjectMeta.time(Instant.now()));
          }
          return pod;
        });
    request.answer().json(201, success());
  }

  private static void requirePost(ApiRequest request) {
    if (!request.method().equals("POST")) {
      throw ApiException.methodNotAllowed();
    }
  }

  private void deleteCollection(
      Resource resource, String namespace, ApiRequest request, Views views) {
    ResourceType type = resource.type();
    var selected = ListRequest.selector(resource, request);
    DeleteOptions how = RequestOptions.delete(request);
    ObjectNode meta = Json.object();
    List<ObjectNode> deleted = new ArrayList<>();
    for (ObjectNode object : registry.list(type, namespace).items()) {
      if (!selected.test(object)) {
        continue;
      }
      ObjectMeta of = ObjectMeta.of(object);
      try {
        deleted.add(
            registry
                .writes()
                .delete(type, of.namespace(), of.name(), how.ifUid(of.uid()), options(request))
                .object());
      } catch (ApiException e) {
        if (e.code() != 404 && e.code() != 409) {
          throw e;
        }
      }
    }
    meta.put("resourceVersion", Long.toString(registry.store().revision()));
    request.answer().json(200, views.list(deleted, meta));
  }

  private static void patched(WritePath.Patched patched, ApiRequest request, Views views) {
    request.answer().json(patched.created() ? 201 : 200, views.of(patched.object()));
  }

  private WritePath.Patched patch(
      Resource resource, Subresource subresource, ApiPath path, ApiRequest request) {
    Patch patch = patch(resource, request);
    WriteOptions options = options(request);
    Conversion conversion = resource.conversion(path.version());
    if (!conversion.equals(Conversion.NONE) && !(patch instanceof Patch.Apply)) {
      UnaryOperator<ObjectNode> change =
          old ->
              stored(
                  resource,
                  path.version(),
                  changed(conversion.fromStored(old), patch, resource.in(path.version()).schema()),
                  options);
      ObjectNode made =
          registry
              .writes()
              .edit(resource.type(), subresource, path.namespace(), path.name(), change, options);
      return new WritePath.Patched(made, false);
    }
    return registry
        .writes()
        .patch(
            resource.type(),
            subresource,
            path.namespace(),
            path.name(),
            patch instanceof Patch.Apply apply
                ? new Patch.Apply(
                    stored(resource, path.version(), apply.document(), options), apply.force())
                : patch,
            options);
  }

  private static ObjectNode changed(ObjectNode old, Patch patch, Schema schema) {
    return switch (patch) {
      case Patch.JsonOperations json -> JsonPatch.apply(json.operations(), old);
      case Patch.Merge merge -> MergePatch.apply(merge.document(), old);
      case Patch.StrategicMerge strategic ->
          StrategicMergePatch.apply(strategic.document(), old, schema);
      case Patch.Apply apply -> throw new IllegalArgumentException("an apply is no change");
    };
  }

  static Patch patch(Resource resource, ApiRequest request) {
    String type = Bodies.mediaType(request.header("content-type"));
    return switch (type) {
      case "application/json-patch+json" -> {
        if (Bodies.value(request.body().bytes(), "application/json")
            instanceof ArrayNode operations) {
          yield new Patch.JsonOperations(operations);
        }
        throw ApiException.badRequest("a JSON patch is a list of operations");
      }
      case "application/merge-patch+json" ->
          new Patch.Merge(Bodies.object(request.body().bytes(), "application/json"));
      case "application/strategic-merge-patch+json" -> {
        if (resource.isCustom()) {
          throw Bodies.unknownForm(
              "application/json-patch+json, application/merge-patch+json,"
                  + " application/apply-patch+yaml");
        }
        yield new Patch.StrategicMerge(Bodies.object(request.body().bytes(), "application/json"));
      }
      case "application/apply-patch+yaml" -> {
        ObjectNode wanted = Bodies.object(request.body().bytes(), "application/yaml");
        if (Json.text(wanted, "apiVersion").isEmpty() || Json.text(wanted, "kind").isEmpty()) {
          throw ApiException.badRequest(
              "invalid object type: /"
                  + Json.text(wanted, "apiVersion")
                  + ", Kind="
                  + Json.text(wanted, "kind"));
        }
        yield new Patch.Apply(wanted, request.flag("force"));
      }
      default -> throw ApiException.of(415, "UnsupportedMediaType", "415: Unsupported Media Type");
    };
  }

  private WriteOptions options(ApiRequest request) {
    return RequestOptions.write(request).approvedBy(new Escalation(rbac, request.user()));
  }

  /** An object from the body, of the kind that the path names. */
  private static ObjectNode body(Resource resource, ApiPath path, ApiRequest request) {
    ObjectNode object = Bodies.object(request.body().bytes(), request.header("content-type"));
    String expected = resource.apiVersion(path.version());
    String apiVersion = object.path("apiVersion").asText(expected);
    if (!apiVersion.equals(expected)) {
      throw ApiException.badRequest(
          "the API version in the data ("
              + apiVersion
              + ") does not match the expected API version ("
              + expected
              + ")");
    }
    String kind = object.path("kind").asText(resource.type().kind());
    if (!kind.equals(resource.type().kind())) {
      throw ApiException.badRequest(
          "the kind in the data ("
              + kind
              + ") does not match the expected kind ("
              + resource.type().kind()
              + ")");
    }
    return resource.conversion(path.version()).equals(Conversion.NONE)
        ? object
        : stored(resource, path.version(), object, RequestOptions.write(request));
  }

  /** What was sent in a version, as it is stored. */
  private static ObjectNode stored(
      Resource resource, String version, ObjectNode object, WriteOptions options) {
    Conversion conversion = resource.conversion(version);
    if (conversion.equals(Conversion.NONE)) {
      return object;
    }
    WritePath.shape(resource.in(version), object, options.withoutDuplicates());
    return conversion.toStored(object);
  }

  private static void inNamespace(Resource resource, ApiPath path, ObjectNode object) {
    ObjectMeta meta = ObjectMeta.of(object);
    if (!resource.type().namespaced()) {
      return;
    }
    if (path.namespace().isEmpty()) {
      throw ApiException.badRequest("the namespace of the object must stand in the path");
    }
    if (!meta.namespace().isEmpty() && !meta.namespace().equals(path.namespace())) {
      throw ApiException.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
    meta.node().put("namespace", path.namespace());
  }

  private static void addressed(ApiPath path, ObjectNode object) {
    ObjectMeta meta = ObjectMeta.of(object);
    if (meta.name().isEmpty()) {
      meta.node().put("name", path.name());
    }
    if (!meta.name().equals(path.name())) {
      throw ApiException.badRequest(
          "the name of the object ("
              + meta.name()
              + ") does not match the name on the URL ("
              + path.name()
              + ")");
    }
    if (!path.namespace().isEmpty()) {
      if (!meta.namespace().isEmpty() && !meta.namespace().equals(path.namespace())) {
        throw ApiException.badRequest(
            "the namespace of the provided object does not match the namespace sent on the"
                + " request");
      }
      meta.node().put("namespace", path.namespace());
    }
  }

  /** Kinds whose deletion answers with the object rather than with a Status. */
  private static boolean returnsDeleted(ResourceType type) {
    return List.of(
            ResourceTypes.PODS,
            ResourceTypes.SERVICES,
            ResourceTypes.SERVICE_ACCOUNTS,
            ResourceTypes.PERSISTENT_VOLUME_CLAIMS,
            ResourceTypes.RESOURCE_QUOTAS)
        .contains(type);
  }

  private static ObjectNode success() {
    ObjectNode status = Json.object();
    status.put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    return status.put("status", "Success").put("code", 201);
  }

  private static ObjectNode deleted(ResourceType type, ObjectNode object) {
    ObjectNode status = Json.object();
    status.put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    status.put("status", "Success");
    ObjectNode details = status.putObject("details");
    details.put("name", ObjectMeta.of(object).name());
    if (!type.group().isEmpty()) {
      details.put("group", type.group());
    }
    details.put("kind", type.plural()).put("uid", ObjectMeta.of(object).uid());
    return status;
  }
}
