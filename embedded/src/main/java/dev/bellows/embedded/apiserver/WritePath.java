package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Key;
import dev.bellows.embedded.store.ObjectStore;
import dev.bellows.embedded.store.Outcome;
import dev.bellows.embedded.store.StoreException;
import dev.bellows.embedded.store.Write;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;

/**
 * What happens to an object between a request and the store, in this order: complete (defaults),
 * stamp (metadata), admit, validate, write. An update reads first and, where the request does not
 * insist on a version, starts again when another write came between.
 */
final class WritePath {
  /** Attempts of one patch against a busy object. */
  private static final int MAX_ATTEMPTS = 1000;

  /** Attempts to find a free generated name. */
  private static final int MAX_GENERATED_NAMES = 8;

  private final ObjectStore store;
  private final Catalogs catalogs;
  private final InstantSource clock;
  private final List<AdmissionStep> admission;

  WritePath(
      ObjectStore store, Catalogs catalogs, InstantSource clock, List<AdmissionStep> admission) {
    this.store = store;
    this.catalogs = catalogs;
    this.clock = clock;
    this.admission = admission;
  }

  /** What a deletion came to. */
  record Deletion(ObjectNode object, boolean gone) {}

  Resource resource(ResourceType type) {
    return catalogs
        .now()
        .find(type.group(), type.plural())
        .orElseThrow(ApiException::noSuchResource);
  }

  ObjectNode create(ResourceType type, ObjectNode object, WriteOptions options) {
    ObjectMeta meta = ObjectMeta.of(object);
    String generateName = Json.text(meta.node(), "generateName");
    boolean generated = meta.name().isEmpty() && !generateName.isEmpty();
    for (int attempt = 1; ; attempt++) {
      if (generated) {
        meta.node().put("name", Names.generate(generateName));
      }
      try {
        return createNamed(type, object, options);
      } catch (ApiException e) {
        boolean taken = generated && e.reason().equals("AlreadyExists");
        if (!taken || attempt == MAX_GENERATED_NAMES) {
          throw e;
        }
      }
    }
  }

  private ObjectNode createNamed(ResourceType type, ObjectNode wanted, WriteOptions options) {
    Resource resource = resource(type);
    ObjectNode object = wanted.deepCopy();
    ObjectMeta meta = ObjectMeta.of(object);
    object.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    if (!meta.resourceVersion().isEmpty()) {
      throw ApiException.badRequest("resourceVersion should not be set on objects to be created");
    }
    requireNamespace(type, meta);
    for (String server : List.of("resourceVersion", "deletionTimestamp", "selfLink")) {
      meta.node().remove(server);
    }
    meta.node().remove("deletionGracePeriodSeconds");
    meta.node().put("uid", UUID.randomUUID().toString());
    meta.node().put("creationTimestamp", ObjectMeta.time(clock.instant()));
    meta.node().remove("generation");
    if (resource.countsGenerations()) {
      meta.node().put("generation", 1);
    }
    if (resource.hasStatus()) {
      object.remove("status");
    }
    resource.rules().complete(object);
    resource.rules().onCreate(object);
    admit(
        AdmissionStep.Operation.CREATE, type, Subresource.NONE, Optional.empty(), object, options);
    validate(resource, object, Optional.empty());
    Key key = key(type, meta);
    if (options.dryRun()) {
      if (store.get(key).isPresent()) {
        throw ApiException.alreadyExists(type, meta.name());
      }
      return object;
    }
    return switch (write(new Write.Put(key, Write.ABSENT, stamped(object)))) {
      case Outcome.Committed committed -> done(type, object);
      case Outcome.Conflict conflict -> throw ApiException.alreadyExists(type, meta.name());
    };
  }

  ObjectNode replace(
      ResourceType type, Subresource subresource, ObjectNode object, WriteOptions options) {
    ObjectMeta meta = ObjectMeta.of(object.deepCopy());
    boolean insists = !meta.resourceVersion().isEmpty();
    Resource resource = resource(type);
    return change(
        resource,
        subresource,
        meta.namespace(),
        meta.name(),
        old -> {
          if (!insists && resource.isCustom()) {
            throw ApiException.invalid(
                type,
                meta.name(),
                List.of(
                    new Cause(
                        "FieldValueInvalid",
                        "metadata.resourceVersion",
                        "Invalid value: 0: must be specified for an update")));
          }
          return object.deepCopy();
        },
        insists,
        options);
  }

  ObjectNode edit(
      ResourceType type,
      Subresource subresource,
      String namespace,
      String name,
      UnaryOperator<ObjectNode> change,
      WriteOptions options) {
    return change(resource(type), subresource, namespace, name, change, false, options);
  }

  ObjectNode patch(
      ResourceType type,
      Subresource subresource,
      String namespace,
      String name,
      Patch patch,
      WriteOptions options) {
    return switch (patch) {
      case Patch.JsonOperations json ->
          edit(
              type,
              subresource,
              namespace,
              name,
              old -> JsonPatch.apply(json.operations(), old),
              options);
      case Patch.Merge merge ->
          edit(
              type,
              subresource,
              namespace,
              name,
              old -> MergePatch.apply(merge.document(), old),
              options);
      case Patch.StrategicMerge strategic ->
          edit(
              type,
              subresource,
              namespace,
              name,
              old -> StrategicMergePatch.apply(strategic.document(), old, resource(type).schema()),
              options);
      case Patch.Apply apply -> throw ApiException.noSuchResource();
    };
  }

  private ObjectNode change(
      Resource resource,
      Subresource subresource,
      String namespace,
      String name,
      UnaryOperator<ObjectNode> change,
      boolean insists,
      WriteOptions options) {
    ResourceType type = resource.type();
    Key key = new Key(type.resource(), namespace, name);
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      Entry entry = store.get(key).orElseThrow(() -> ApiException.notFound(type, name));
      ObjectNode old = Json.read(entry.value());
      ObjectNode object = change.apply(old.deepCopy());
      settle(resource, subresource, old, object);
      admit(AdmissionStep.Operation.UPDATE, type, subresource, Optional.of(old), object, options);
      validate(resource, object, Optional.of(old));
      countGeneration(resource, old, object);
      if (Json.same(old, object) || options.dryRun()) {
        return object;
      }
      Write write =
          isFinished(object)
              ? new Write.Remove(key, entry.version(), stamped(object))
              : new Write.Put(key, entry.version(), stamped(object));
      switch (write(write)) {
        case Outcome.Committed committed -> {
          return done(type, object);
        }
        case Outcome.Conflict conflict -> {
          if (insists) {
            throw ApiException.stale(type, name);
          }
        }
      }
    }
    throw ApiException.stale(type, name);
  }

  /** Puts back what this request may not change. */
  private static void settle(
      Resource resource, Subresource subresource, ObjectNode old, ObjectNode object) {
    ResourceType type = resource.type();
    ObjectMeta before = ObjectMeta.of(old);
    ObjectMeta meta = ObjectMeta.of(object);
    requireSame(type, before, meta);
    object.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    for (String server :
        List.of(
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation")) {
      keep(before.node(), meta.node(), server);
    }
    meta.node().remove("selfLink");
    switch (subresource) {
      case NONE, SCALE -> {
        if (resource.hasStatus()) {
          keep(old, object, "status");
        }
        if (type.equals(ResourceTypes.NAMESPACES)) {
          keep(old, object, "spec");
        }
        resource.rules().complete(object);
        resource.rules().onUpdate(old, object);
      }
      case STATUS -> {
        JsonNode status = object.get("status");
        ObjectNode managed = meta.node().deepCopy();
        object.setAll(old.deepCopy());
        keep(managed, Json.child(object, "metadata"), "managedFields");
        if (type.equals(ResourceTypes.PODS)) {
          // The one kind whose status writers also mark the object itself.
          keep(managed, Json.child(object, "metadata"), "annotations");
          keep(managed, Json.child(object, "metadata"), "labels");
        }
        object.remove("status");
        if (status != null) {
          object.set("status", status);
        }
        removeForeign(object, old, "status");
      }
      case FINALIZE -> {
        JsonNode finalizers = object.path("spec").path("finalizers").deepCopy();
        object.removeAll();
        object.setAll(old.deepCopy());
        Json.child(object, "spec")
            .set("finalizers", finalizers.isArray() ? finalizers : Json.array());
      }
    }
  }

  /** Drops what the old object did not have, but for one field. */
  private static void removeForeign(ObjectNode object, ObjectNode old, String but) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      if (!name.equals(but) && !old.has(name)) {
        object.remove(name);
      }
    }
  }

  private static void requireSame(ResourceType type, ObjectMeta before, ObjectMeta meta) {
    if (!meta.name().equals(before.name())) {
      throw ApiException.badRequest(
          "the name of the object ("
              + meta.name()
              + ") does not match the name on the URL ("
              + before.name()
              + ")");
    }
    if (!meta.namespace().equals(before.namespace())) {
      throw ApiException.badRequest(
          "the namespace of the object ("
              + meta.namespace()
              + ") does not match the namespace on the URL ("
              + before.namespace()
              + ")");
    }
    if (!meta.uid().isEmpty() && !meta.uid().equals(before.uid())) {
      throw ApiException.conflict(
          type,
          before.name(),
          "Precondition failed: UID in precondition: "
              + meta.uid()
              + ", UID in object meta: "
              + before.uid());
    }
    if (!meta.resourceVersion().isEmpty()
        && !meta.resourceVersion().equals(before.resourceVersion())) {
      throw ApiException.stale(type, before.name());
    }
  }

  private static void keep(ObjectNode from, ObjectNode to, String field) {
    JsonNode value = from.get(field);
    if (value == null) {
      to.remove(field);
    } else {
      to.set(field, value.deepCopy());
    }
  }

  private static void countGeneration(Resource resource, ObjectNode old, ObjectNode object) {
    if (resource.countsGenerations()
        && !Json.same(intent(resource, old), intent(resource, object))) {
      ObjectMeta meta = ObjectMeta.of(object);
      meta.node().put("generation", meta.generation() + 1);
    }
  }

  /**
   * What the user wants: the spec; of kinds without one and of custom kinds, all but metadata and
   * status.
   */
  private static JsonNode intent(Resource resource, ObjectNode object) {
    if (!resource.isCustom() && object.has("spec")) {
      return object.path("spec");
    }
    ObjectNode intent = object.deepCopy();
    intent.remove(List.of("metadata", "status", "apiVersion", "kind"));
    return intent;
  }

  private static boolean isFinished(ObjectNode object) {
    ObjectMeta meta = ObjectMeta.of(object);
    return meta.isDeleting()
        && meta.finalizers().isEmpty()
        && meta.node().path("deletionGracePeriodSeconds").asLong(0) == 0
        && object.path("spec").path("finalizers").isEmpty();
  }

  Deletion delete(
      ResourceType type, String namespace, String name, DeleteOptions how, WriteOptions options) {
    Resource resource = resource(type);
    Key key = new Key(type.resource(), namespace, name);
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      Entry entry = store.get(key).orElseThrow(() -> ApiException.notFound(type, name));
      ObjectNode old = Json.read(entry.value());
      requirePreconditions(type, old, how);
      admit(
          AdmissionStep.Operation.DELETE,
          type,
          Subresource.NONE,
          Optional.of(old),
          old.deepCopy(),
          options);
      ObjectNode object = old.deepCopy();
      boolean gone = mark(resource, object, how);
      if (options.dryRun() || how.dryRun() || (!gone && Json.same(old, object))) {
        return new Deletion(object, gone);
      }
      Write write =
          gone
              ? new Write.Remove(key, entry.version(), stamped(object))
              : new Write.Put(key, entry.version(), stamped(object));
      if (write(write) instanceof Outcome.Committed) {
        return new Deletion(done(type, object), gone);
      }
    }
    throw ApiException.stale(type, name);
  }

  /** Marks an object for deletion. Answers whether nothing holds it back. */
  private boolean mark(Resource resource, ObjectNode object, DeleteOptions how) {
    ObjectMeta meta = ObjectMeta.of(object);
    how.propagation()
        .ifPresent(policy -> meta.setFinalizers(finalizers(meta.finalizers(), policy)));
    long grace = grace(resource, object, how);
    boolean held =
        grace > 0
            || !meta.finalizers().isEmpty()
            || !object.path("spec").path("finalizers").isEmpty();
    if (!held) {
      return true;
    }
    long left = meta.node().path("deletionGracePeriodSeconds").asLong(Long.MAX_VALUE);
    if (!meta.isDeleting() || grace < left) {
      meta.node().put("deletionTimestamp", ObjectMeta.time(clock.instant().plusSeconds(grace)));
      meta.node().put("deletionGracePeriodSeconds", grace);
      if (meta.generation() > 0) {
        meta.node().put("generation", meta.generation() + 1);
      }
      if (resource.type().equals(ResourceTypes.NAMESPACES)) {
        Json.child(object, "status").put("phase", "Terminating");
      }
    }
    return false;
  }

  private static List<String> finalizers(List<String> present, DeleteOptions.Propagation policy) {
    List<String> finalizers = new ArrayList<>(present);
    finalizers.remove("orphan");
    finalizers.remove("foregroundDeletion");
    switch (policy) {
      case ORPHAN -> finalizers.add("orphan");
      case FOREGROUND -> finalizers.add("foregroundDeletion");
      case BACKGROUND -> {}
    }
    return finalizers;
  }

  /** Only a pod that a node runs is given time. */
  private static long grace(Resource resource, ObjectNode object, DeleteOptions how) {
    if (!resource.type().equals(ResourceTypes.PODS)
        || Json.text(object, "spec", "nodeName").isEmpty()) {
      return 0;
    }
    String phase = Json.text(object, "status", "phase");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      return 0;
    }
    return how.gracePeriodSeconds()
        .orElse(object.path("spec").path("terminationGracePeriodSeconds").asLong(30));
  }

  private static void requirePreconditions(
      ResourceType type, ObjectNode object, DeleteOptions how) {
    ObjectMeta meta = ObjectMeta.of(object);
    if (how.uid().isPresent() && !how.uid().get().equals(meta.uid())) {
      throw ApiException.conflict(
          type,
          meta.name(),
          "the UID in the precondition ("
              + how.uid().get()
              + ") does not match the UID in record ("
              + meta.uid()
              + "). The object might have been deleted and then recreated");
    }
    if (how.resourceVersion().isPresent()
        && !how.resourceVersion().get().equals(meta.resourceVersion())) {
      throw ApiException.conflict(
          type,
          meta.name(),
          "the ResourceVersion in the precondition ("
              + how.resourceVersion().get()
              + ") does not match the ResourceVersion in record ("
              + meta.resourceVersion()
              + "). The object might have been modified");
    }
  }

  private void requireNamespace(ResourceType type, ObjectMeta meta) {
    if (!type.namespaced()) {
      meta.node().remove("namespace");
      return;
    }
    if (meta.namespace().isEmpty()) {
      throw ApiException.badRequest("an object of " + type.resource() + " needs a namespace");
    }
    ObjectNode namespace =
        store
            .get(new Key(ResourceTypes.NAMESPACES.resource(), "", meta.namespace()))
            .map(entry -> Json.read(entry.value()))
            .orElseThrow(() -> ApiException.notFound(ResourceTypes.NAMESPACES, meta.namespace()));
    if (ObjectMeta.of(namespace).isDeleting()) {
      throw ApiException.forbidden(
          type,
          meta.name(),
          "unable to create new content in namespace "
              + meta.namespace()
              + " because it is being terminated");
    }
  }

  private void admit(
      AdmissionStep.Operation operation,
      ResourceType type,
      Subresource subresource,
      Optional<ObjectNode> old,
      ObjectNode object,
      WriteOptions options) {
    for (AdmissionStep step : admission) {
      step.admit(
          new AdmissionStep.Request(
              operation,
              type,
              subresource.path(),
              old.map(ObjectNode::deepCopy),
              object,
              options.user(),
              options.dryRun(),
              options.warnings()));
    }
  }

  private static void validate(Resource resource, ObjectNode object, Optional<ObjectNode> old) {
    List<Cause> causes = new ArrayList<>();
    ObjectMeta meta = ObjectMeta.of(object);
    if (meta.name().isEmpty()) {
      causes.add(Cause.required("metadata.name", "name or generateName is required"));
    } else if (old.isEmpty()) {
      Names.check(resource.type(), meta.name(), causes);
    }
    resource.rules().validate(object, causes);
    old.ifPresent(before -> resource.rules().validateUpdate(before, object, causes));
    if (!causes.isEmpty()) {
      throw ApiException.invalid(resource.type(), meta.name(), causes);
    }
  }

  private Outcome write(Write write) {
    try {
      return store.write(write);
    } catch (StoreException.NotWritten e) {
      throw ApiException.internal(e.getMessage());
    }
  }

  private ObjectNode done(ResourceType type, ObjectNode object) {
    if (type.equals(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS)) {
      catalogs.refresh();
    }
    return object;
  }

  /** Writes the version into the object on the way to the store, so that the caller has it too. */
  private static LongFunction<byte[]> stamped(ObjectNode object) {
    return version -> {
      ObjectMeta.of(object).node().put("resourceVersion", Long.toString(version));
      return Json.bytes(object);
    };
  }

  private static Key key(ResourceType type, ObjectMeta meta) {
    return new Key(type.resource(), meta.namespace(), meta.name());
  }
}
