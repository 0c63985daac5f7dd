package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
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
 * What happens to an object between a request and the store, in this order: shape (unknown fields),
 * settle (what may not be changed), complete (defaults), admit, validate, note who wrote what,
 * write. An update reads first and, where the request does not insist on a version, starts again
 * when another write came between.
 */
final class WritePath {
  /** Attempts of one patch against a busy object. */
  private static final int MAX_ATTEMPTS = 1000;

  /** Attempts to find a free generated name. */
  private static final int MAX_GENERATED_NAMES = 8;

  private final ObjectStore store;
  private final Catalogs catalogs;
  private final InstantSource clock;
  private final AdmissionChain admission;

  WritePath(
      ObjectStore store, Catalogs catalogs, InstantSource clock, List<AdmissionStep> admission) {
    this.store = store;
    this.catalogs = catalogs;
    this.clock = clock;
    this.admission = new AdmissionChain(admission, new Webhooks(store));
  }

  /** What a deletion came to. */
  record Deletion(ObjectNode object, boolean gone) {}

  /** What a patch came to. */
  record Patched(ObjectNode object, boolean created) {}

  /**
   * A change on its way.
   *
   * @param change makes the new state from the present one, which it leaves as it is
   * @param insists on the version that it names, rather than to be tried again
   * @param notes whether the write path notes the ownership of fields; an apply does that itself
   * @param refusal tells of unknown fields
   */
  private record Attempt(
      Resource resource,
      Subresource part,
      Key key,
      UnaryOperator<ObjectNode> change,
      boolean insists,
      boolean notes,
      Refusal refusal,
      WriteOptions options) {}

  /** How unknown fields are refused where the client asks for it. */
  @FunctionalInterface
  private interface Refusal {
    ApiException of(String findings);
  }

  void letWebhooksReviewParts(boolean review) {
    admission.letWebhooksReviewParts(review);
  }

  /** As {@link AdmissionChain#review}. */
  ObjectNode review(WebhookRequest request) {
    return admission.review(request);
  }

  Resource resource(ResourceType type) {
    return catalogs
        .now()
        .find(type.group(), type.plural())
        .orElseThrow(ApiException::noSuchResource);
  }

  /**
   * Creates an object.
   *
   * @param object the write's own from now on
   */
  ObjectNode create(ResourceType type, ObjectNode object, WriteOptions options) {
    Resource resource = resource(type);
    ObjectMeta meta = ObjectMeta.of(object);
    String generateName = Json.text(meta.node(), "generateName");
    boolean generated = meta.name().isEmpty() && !generateName.isEmpty();
    for (int attempt = 1; ; attempt++) {
      if (generated) {
        meta.node().put("name", Names.generate(generateName));
      }
      try {
        return createNamed(resource, generated ? object.deepCopy() : object, true, options);
      } catch (ApiException e) {
        boolean taken = generated && e.reason().equals("AlreadyExists");
        if (!taken || attempt == MAX_GENERATED_NAMES) {
          throw e;
        }
      }
    }
  }

  private ObjectNode createNamed(
      Resource resource, ObjectNode object, boolean notes, WriteOptions options) {
    ResourceType type = resource.type();
    ObjectMeta meta = ObjectMeta.of(object);
    object.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    if (!meta.resourceVersion().isEmpty()) {
      throw ApiException.of(500, "", "resourceVersion should not be set on objects to be created");
    }
    shape(resource, object, cannotBeHandled(type), options);
    requireNamespace(type, meta);
    stampNew(resource, meta);
    if (resource.hasStatus()) {
      object.remove("status");
    }
    complete(resource, object);
    resource.rules().onCreate(object);
    AdmissionChain.Write asked =
        new AdmissionChain.Write(
            AdmissionStep.Operation.CREATE,
            resource,
            Subresource.NONE,
            Optional.empty(),
            object,
            options);
    admission.admit(asked);
    complete(resource, object);
    validate(resource, object, Optional.empty(), options);
    admission.judge(asked);
    if (BuiltIns.WITHOUT_EFFECT.contains(type)) {
      options
          .warnings()
          .accept(type.groupKind() + " is stored here, and nothing acts on it (docs/embedded.md)");
    }
    if (notes) {
      ManagedFields.noteUpdate(
          resource,
          Subresource.NONE,
          Json.object(),
          object,
          options.fieldManager(),
          clock.instant());
    }
    Key key = new Key(type.resource(), meta.namespace(), meta.name());
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

  private void stampNew(Resource resource, ObjectMeta meta) {
    meta.node()
        .remove(
            List.of(
                "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"));
    meta.node().put("uid", UUID.randomUUID().toString());
    meta.node().put("creationTimestamp", ObjectMeta.time(clock.instant()));
    if (resource.countsGenerations()) {
      meta.node().put("generation", 1);
    }
  }

  /**
   * Replaces an object, or a part of it.
   *
   * @param object the write's own from now on if it names a version, else left as it is
   */
  ObjectNode replace(ResourceType type, Subresource part, ObjectNode object, WriteOptions options) {
    Resource resource = resource(type);
    ObjectMeta meta =
        new ObjectMeta(object.path("metadata") instanceof ObjectNode own ? own : Json.object());
    boolean insists = !meta.resourceVersion().isEmpty();
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
    return change(
        new Attempt(
            resource,
            part,
            new Key(type.resource(), meta.namespace(), meta.name()),
            old -> insists ? object : object.deepCopy(),
            insists,
            true,
            cannotBeHandled(type),
            options));
  }

  ObjectNode edit(
      ResourceType type,
      Subresource part,
      String namespace,
      String name,
      UnaryOperator<ObjectNode> change,
      WriteOptions options) {
    return change(
        new Attempt(
            resource(type),
            part,
            new Key(type.resource(), namespace, name),
            old -> change.apply(old.deepCopy()),
            false,
            true,
            cannotBeHandled(type),
            options));
  }

  Patched patch(
      ResourceType type,
      Subresource part,
      String namespace,
      String name,
      Patch patch,
      WriteOptions options) {
    Resource resource = resource(type);
    Key key = new Key(type.resource(), namespace, name);
    return switch (patch) {
      case Patch.JsonOperations json ->
          patched(
              resource,
              part,
              key,
              json.operations().toString(),
              old -> JsonPatch.apply(json.operations(), old),
              options);
      case Patch.Merge merge ->
          patched(
              resource,
              part,
              key,
              merge.document().toString(),
              old -> MergePatch.apply(merge.document(), old),
              options);
      case Patch.StrategicMerge strategic ->
          patched(
              resource,
              part,
              key,
              strategic.document().toString(),
              old -> StrategicMergePatch.apply(strategic.document(), old, resource.schema()),
              options);
      case Patch.Apply apply -> apply(resource, part, key, apply, options);
    };
  }

  private Patched patched(
      Resource resource,
      Subresource part,
      Key key,
      String text,
      UnaryOperator<ObjectNode> change,
      WriteOptions options) {
    Refusal refusal =
        findings ->
            ApiException.invalid(
                resource.type(),
                key.name(),
                List.of(
                    new Cause(
                        "FieldValueInvalid",
                        "patch",
                        "Invalid value: " + text + ": strict decoding error: " + findings)));
    return new Patched(
        change(new Attempt(resource, part, key, change, false, true, refusal, options)), false);
  }

  private Patched apply(
      Resource resource, Subresource part, Key key, Patch.Apply apply, WriteOptions options) {
    ResourceType type = resource.type();
    ObjectNode wanted = apply.document().deepCopy();
    ObjectMeta meta = ObjectMeta.of(wanted);
    if (meta.node().has("managedFields")) {
      throw ApiException.badRequest("metadata.managedFields must be nil");
    }
    if (!meta.name().isEmpty() && !meta.name().equals(key.name())) {
      throw ApiException.badRequest(
          "name in object (\""
              + meta.name()
              + "\") does not match name in request (\""
              + key.name()
              + "\")");
    }
    meta.node().put("name", key.name());
    if (!key.namespace().isEmpty()) {
      meta.node().put("namespace", key.namespace());
    }
    requireDeclared(resource, key, wanted);
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (store.get(key).isPresent() || part != Subresource.NONE) {
        UnaryOperator<ObjectNode> change =
            old ->
                ManagedFields.apply(
                    resource,
                    part,
                    old,
                    wanted,
                    options.fieldManager(),
                    apply.force(),
                    clock.instant());
        try {
          return new Patched(
              change(
                  new Attempt(
                      resource, part, key, change, false, false, cannotBeHandled(type), options)),
              false);
        } catch (ApiException e) {
          if (e.code() != 404 || part != Subresource.NONE || store.get(key).isPresent()) {
            throw e;
          }
        }
      } else {
        ObjectNode made =
            ManagedFields.apply(
                resource,
                part,
                Json.object(),
                wanted,
                options.fieldManager(),
                apply.force(),
                clock.instant());
        try {
          return new Patched(createNamed(resource, made, false, options), true);
        } catch (ApiException e) {
          if (!e.reason().equals("AlreadyExists") || options.dryRun()) {
            throw e;
          }
        }
      }
    }
    throw ApiException.stale(type, key.name());
  }

  private ObjectNode change(Attempt attempt) {
    Resource resource = attempt.resource();
    ResourceType type = resource.type();
    Key key = attempt.key();
    WriteOptions options = attempt.options();
    for (int tries = 0; tries < MAX_ATTEMPTS; tries++) {
      Entry entry = store.get(key).orElseThrow(() -> ApiException.notFound(type, key.name()));
      ObjectNode old = Json.read(entry.value());
      ObjectNode object = attempt.change().apply(old);
      shape(resource, object, attempt.refusal(), options);
      Settlement.settle(resource, attempt.part(), old, object);
      complete(resource, object);
      resource.rules().onUpdate(old, object);
      AdmissionChain.Write asked =
          new AdmissionChain.Write(
              AdmissionStep.Operation.UPDATE,
              resource,
              attempt.part(),
              Optional.of(old),
              object,
              options);
      admission.admit(asked);
      complete(resource, object);
      validate(resource, object, Optional.of(old), options);
      admission.judge(asked);
      Settlement.countGeneration(resource, attempt.part(), old, object);
      if (attempt.notes()) {
        ManagedFields.noteUpdate(
            resource, attempt.part(), old, object, options.fieldManager(), clock.instant());
      }
      if (options.dryRun() || Differences.none(old, object)) {
        return object;
      }
      Write write =
          Deletions.isFinished(object)
              ? new Write.Remove(key, entry.version(), stamped(object))
              : new Write.Put(key, entry.version(), stamped(object));
      switch (write(write)) {
        case Outcome.Committed committed -> {
          return done(type, object);
        }
        case Outcome.Conflict conflict -> {
          if (attempt.insists()) {
            throw ApiException.stale(type, key.name());
          }
        }
      }
    }
    throw ApiException.stale(type, key.name());
  }

  Deletion delete(
      ResourceType type, String namespace, String name, DeleteOptions how, WriteOptions options) {
    Resource resource = resource(type);
    Key key = new Key(type.resource(), namespace, name);
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      Entry entry = store.get(key).orElseThrow(() -> ApiException.notFound(type, name));
      ObjectNode old = Json.read(entry.value());
      Deletions.requirePreconditions(type, old, how);
      AdmissionChain.Write asked =
          new AdmissionChain.Write(
              AdmissionStep.Operation.DELETE,
              resource,
              Subresource.NONE,
              Optional.of(old),
              old.deepCopy(),
              how.dryRun() ? options.trying() : options);
      admission.admit(asked);
      admission.judge(asked);
      ObjectNode object = old.deepCopy();
      boolean gone = Deletions.mark(resource, object, how, clock.instant());
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

  private void requireNamespace(ResourceType type, ObjectMeta meta) {
    if (!type.namespaced()) {
      meta.node().remove("namespace");
      return;
    }
    if (meta.namespace().isEmpty()) {
      throw ApiException.badRequest("an object of " + type.resource() + " needs a namespace");
    }
    Entry namespace =
        store
            .get(new Key(ResourceTypes.NAMESPACES.resource(), "", meta.namespace()))
            .orElseThrow(() -> ApiException.notFound(ResourceTypes.NAMESPACES, meta.namespace()));
    if (Deletions.isMarked(namespace)) {
      throw ApiException.forbidden(
          type,
          meta.name(),
          "unable to create new content in namespace "
              + meta.namespace()
              + " because it is being terminated");
    }
  }

  /** Of an apply every field must be known, since its manager is going to own it. */
  private static void requireDeclared(Resource resource, Key key, ObjectNode wanted) {
    List<String> unknown = FieldCheck.prune(resource, wanted);
    if (unknown.isEmpty()) {
      return;
    }
    List<String> errors =
        unknown.stream().map(path -> "." + path + ": field not declared in schema").toList();
    ResourceType type = resource.type();
    throw ApiException.of(
        500,
        "",
        "failed to create typed patch object ("
            + key.namespace()
            + "/"
            + key.name()
            + "; "
            + type.apiVersion()
            + ", Kind="
            + type.kind()
            + "): "
            + (errors.size() == 1
                ? errors.getFirst()
                : "errors:\n  " + String.join("\n  ", errors)));
  }

  /** Drops what the kind does not have, and says so as the client wants it. */
  private static void shape(
      Resource resource, ObjectNode object, Refusal refusal, WriteOptions options) {
    List<String> texts = FieldCheck.texts(FieldCheck.prune(resource, object), options.duplicates());
    if (texts.isEmpty()) {
      return;
    }
    switch (options.fieldValidation()) {
      case IGNORE -> {}
      case WARN -> texts.forEach(options.warnings());
      case STRICT -> throw refusal.of(String.join(", ", texts));
    }
  }

  /** Drops what a kind does not have, as {@link #create} does. */
  static void shape(Resource resource, ObjectNode object, WriteOptions options) {
    shape(resource, object, cannotBeHandled(resource.type()), options);
  }

  private static Refusal cannotBeHandled(ResourceType type) {
    return findings ->
        FieldCheck.cannotBeHandled(
            type.kind(), type.version(), "strict decoding error: " + findings);
  }

  private static void complete(Resource resource, ObjectNode object) {
    if (resource.isCustom()) {
      SchemaDefaults.fill(object, resource.schema());
    }
    resource.rules().complete(object);
  }

  private static void validate(
      Resource resource, ObjectNode object, Optional<ObjectNode> old, WriteOptions options) {
    List<Cause> causes = new ArrayList<>();
    ObjectMeta meta = ObjectMeta.of(object);
    if (meta.name().isEmpty()) {
      causes.add(Cause.required("metadata.name", "name or generateName is required"));
    } else if (old.isEmpty()) {
      Names.checkGenerated(resource.type(), Json.text(meta.node(), "generateName"), causes);
      Names.check(resource.type(), meta.name(), causes);
    }
    MetadataRules.check(meta, causes);
    if (resource.isCustom()) {
      JsonNode before = old.isPresent() ? old.get() : MissingNode.getInstance();
      SchemaValidation.validate(object, before, resource, causes, options.warnings());
    } else {
      MetadataRules.checkFinalizers(meta, causes);
    }
    resource.rules().validate(object, causes);
    if (old.isEmpty()) {
      resource.rules().validateNew(object, causes);
    }
    old.ifPresent(before -> {
      Settlement.checkMetadata(before, object, causes);
      resource.rules().validateUpdate(before, object, causes);
    });
    if (!causes.isEmpty()) {
      throw ApiException.invalid(resource.type(), meta.name(), causes);
    }
  }

  private Outcome write(Write write) {
    try {
      return store.write(write);
    } catch (StoreException.TooLarge e) {
      throw ApiException.of(413, "RequestEntityTooLarge", e.getMessage());
    } catch (StoreException.Full e) {
      throw ApiException.of(507, "InsufficientStorage", e.getMessage());
    } catch (StoreException.Busy e) {
      throw ApiException.tooManyRequests();
    } catch (StoreException.NotWritten e) {
      throw ApiException.internal(e.getMessage());
    }
  }

  private ObjectNode done(ResourceType type, ObjectNode object) {
    admission.noteWrite(type);
    if (type.equals(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS)) {
      catalogs.refresh();
      Resource defined = CustomResources.of(object);
      if (catalogs.now().find(defined.type().group(), defined.type().plural()).isEmpty()) {
        // The definition is gone, so nobody can reach its objects any more.
        for (Entry entry : store.list(defined.type().resource(), null).entries()) {
          write(new Write.Remove(entry.key(), entry.version(), stamped(Json.read(entry.value()))));
        }
      }
    }
    return object;
  }

  /** Writes the version into the object on the way to the store, so that the caller has it too. */
  private static LongFunction<byte[]> stamped(ObjectNode object) {
    return version -> {
      ObjectMeta.of(object).node().put("resourceVersion", Long.toString(version));
      // Kind first: a list leaves it out by leaving out the beginning (ListRequest).
      ObjectNode ordered = Json.object();
      ordered.set("kind", object.path("kind"));
      ordered.set("apiVersion", object.path("apiVersion"));
      ordered.setAll(object);
      return Json.bytes(ordered);
    };
  }
}
