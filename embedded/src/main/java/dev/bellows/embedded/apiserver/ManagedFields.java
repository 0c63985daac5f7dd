package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who set which field: {@code metadata.managedFields}, kept for every write, and server-side apply,
 * which decides by them.
 */
final class ManagedFields {
  /** Managers that update are remembered up to this number; the oldest are put together. */
  private static final int MAX_UPDATE_MANAGERS = 10;

  private static final String ANCIENT = "ancient-changes";
  private static final int MAX_MANAGER_LENGTH = 128;

  private enum Operation {
    APPLY("Apply"),
    UPDATE("Update");

    final String word;

    Operation(String word) {
      this.word = word;
    }
  }

  /** A manager, with the way in which it wrote. */
  private record Manager(String name, Operation operation, String apiVersion, String subresource) {}

  /** What a manager owns, and since when. */
  private record Owned(FieldSet fields, String time) {}

  private final Map<Manager, Owned> owned = new LinkedHashMap<>();

  private ManagedFields() {}

  private static ManagedFields read(JsonNode entries) {
    Optional<String> text = entries instanceof UnreadList unread ? unread.text() : Optional.empty();
    return text.isPresent() ? read(text.get()) : readEach(entries);
  }

  private static ManagedFields read(String entries) {
    ManagedFields managed = new ManagedFields();
    try (JsonParser parser = Json.parser(entries)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        managed.readEntry(parser);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("stored managedFields cannot be read", e);
    }
    return managed;
  }

  private void readEntry(JsonParser parser) throws IOException {
    Map<String, String> about = new HashMap<>();
    Optional<FieldSet> fields = Optional.empty();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken value = parser.nextToken();
      if (value != JsonToken.START_OBJECT) {
        about.put(name, parser.getText());
      } else if (name.equals("fieldsV1")) {
        fields = Optional.of(FieldSet.read(parser));
      } else {
        parser.skipChildren();
      }
    }
    fields.ifPresent(set ->
        owned.put(
            new Manager(
                about.getOrDefault("manager", ""),
                about.getOrDefault("operation", "").equals("Apply")
                    ? Operation.APPLY
                    : Operation.UPDATE,
                about.getOrDefault("apiVersion", ""),
                about.getOrDefault("subresource", "")),
            new Owned(set, about.getOrDefault("time", ""))));
  }

  private static ManagedFields readEach(JsonNode entries) {
    ManagedFields managed = new ManagedFields();
    for (JsonNode entry : entries) {
      if (entry.path("fieldsV1").isObject()) {
        boolean apply = entry.path("operation").asText().equals("Apply");
        Manager manager =
            new Manager(
                entry.path("manager").asText(""),
                apply ? Operation.APPLY : Operation.UPDATE,
                entry.path("apiVersion").asText(""),
                entry.path("subresource").asText(""));
        managed.owned.put(
            manager, new Owned(FieldSet.of(entry.path("fieldsV1")), entry.path("time").asText("")));
      }
    }
    return managed;
  }

  private void write(ObjectNode object) {
    ObjectMeta meta = ObjectMeta.of(object);
    owned.values().removeIf(each -> each.fields().isEmpty());
    if (owned.isEmpty()) {
      meta.node().remove("managedFields");
      return;
    }
    // Apply first, then by time: the order in which Kubernetes shows them.
    List<Map.Entry<Manager, Owned>> sorted = new ArrayList<>(owned.entrySet());
    sorted.sort((a, b) -> {
      int byOperation = a.getKey().operation().compareTo(b.getKey().operation());
      return byOperation != 0 ? byOperation : a.getValue().time().compareTo(b.getValue().time());
    });
    ByteArrayOutputStream text = new ByteArrayOutputStream(2 << 10);
    try (JsonGenerator generator = Json.generator(text)) {
      generator.writeStartArray();
      for (Map.Entry<Manager, Owned> each : sorted) {
        write(each.getKey(), each.getValue(), generator);
      }
      generator.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    meta.node().set("managedFields", UnreadList.of(text.toString(StandardCharsets.UTF_8)));
  }

  private static void write(Manager manager, Owned owned, JsonGenerator generator)
      throws IOException {
    generator.writeStartObject();
    generator.writeStringField("manager", manager.name());
    generator.writeStringField("operation", manager.operation().word);
    generator.writeStringField("apiVersion", manager.apiVersion());
    generator.writeStringField("time", owned.time());
    generator.writeStringField("fieldsType", "FieldsV1");
    generator.writeFieldName("fieldsV1");
    owned.fields().write(generator);
    if (!manager.subresource().isEmpty()) {
      generator.writeStringField("subresource", manager.subresource());
    }
    generator.writeEndObject();
  }

  /**
   * Notes a write that was not an apply: its manager owns what it changed, the others lose that.
   *
   * @param old the state before, an empty object on creation
   * @param object the state to come; its {@code managedFields} are brought up to date
   */
  static void noteUpdate(
      Resource resource,
      Subresource subresource,
      ObjectNode old,
      ObjectNode object,
      String manager,
      Instant now) {
    JsonNode before = old.path("metadata").path("managedFields");
    JsonNode given = object.path("metadata").path("managedFields");
    boolean unread = given instanceof UnreadList list && list.text().isPresent();
    if (!unread && given.isArray() && given.size() == 1 && given.get(0).isEmpty()) {
      ObjectMeta.of(object).node().remove("managedFields"); // the documented way to forget all
      return;
    }
    ManagedFields managed = read(given);
    if (managed.owned.isEmpty()) {
      managed = read(before);
    }
    Schema schema = resource.schema();
    Differences differences = Differences.between(old, object);
    FieldSet was = FieldSet.withHolders(differences.before(), schema);
    FieldSet is = FieldSet.withHolders(differences.after(), schema);
    FieldSet changed =
        is.minus(was)
            .union(
                FieldMerge.modified(differences.before(), differences.after(), schema)
                    .intersection(is));
    FieldSet removed = was.minus(is);
    Manager writer =
        new Manager(
            shortened(manager), Operation.UPDATE, resource.type().apiVersion(), subresource.path());
    for (Map.Entry<Manager, Owned> each : managed.owned.entrySet()) {
      FieldSet left = each.getValue().fields().minus(removed);
      if (!each.getKey().equals(writer)) {
        left = left.minus(changed);
      }
      each.setValue(new Owned(left, each.getValue().time()));
    }
    if (!changed.isEmpty()) {
      Owned mine = managed.owned.get(writer);
      FieldSet fields = mine == null ? changed : mine.fields().union(changed);
      managed.owned.put(writer, new Owned(fields, ObjectMeta.time(now)));
    }
    managed.forgetAncient();
    managed.write(object);
  }

  private void forgetAncient() {
    List<Manager> updaters =
        owned.keySet().stream().filter(manager -> manager.operation() == Operation.UPDATE).toList();
    if (updaters.size() <= MAX_UPDATE_MANAGERS) {
      return;
    }
    FieldSet together = FieldSet.EMPTY;
    String time = "";
    String apiVersion = "";
    for (Manager old : updaters.subList(0, updaters.size() - MAX_UPDATE_MANAGERS + 1)) {
      Owned gone = owned.remove(old);
      if (gone != null) {
        together = together.union(gone.fields());
        time = gone.time();
        apiVersion = old.apiVersion();
      }
    }
    owned.put(new Manager(ANCIENT, Operation.UPDATE, apiVersion, ""), new Owned(together, time));
  }

  private static String shortened(String manager) {
    return manager.substring(0, Math.min(manager.length(), MAX_MANAGER_LENGTH));
  }

  /**
   * Server-side apply: lays what a manager wants over the live object, takes away what it no longer
   * wants and nobody else has, and records the ownership.
   *
   * @param live the present object; an empty one on creation
   * @param applied all that the manager wants, without nulls
   * @throws ApiException 409 naming each field that another manager owns with another value, unless
   *     {@code force}
   */
  static ObjectNode apply(
      Resource resource,
      Subresource subresource,
      ObjectNode live,
      ObjectNode applied,
      String manager,
      boolean force,
      Instant now) {
    Schema schema = resource.schema();
    ManagedFields managed = read(live.path("metadata").path("managedFields"));
    Manager applier =
        new Manager(
            shortened(manager), Operation.APPLY, resource.type().apiVersion(), subresource.path());
    FieldSet wanted = FieldSet.of(applied, schema);
    Owned last = managed.owned.get(applier);
    ObjectNode merged = FieldMerge.merge(live, applied, schema);
    FieldSet kept = wanted;
    for (Map.Entry<Manager, Owned> each : managed.owned.entrySet()) {
      if (!each.getKey().equals(applier)) {
        kept = kept.union(each.getValue().fields());
      }
    }
    if (last != null) {
      FieldMerge.remove(merged, last.fields().minus(kept), kept, schema);
    }
    FieldSet was = FieldSet.of(live, schema);
    FieldSet is = FieldSet.of(merged, schema);
    FieldSet changed =
        is.minus(was).union(FieldMerge.modified(live, merged, schema).intersection(is));
    List<Cause> conflicts = new ArrayList<>();
    for (Map.Entry<Manager, Owned> each : managed.owned.entrySet()) {
      if (each.getKey().equals(applier)) {
        continue;
      }
      FieldSet taken = each.getValue().fields().intersection(changed);
      for (String path : taken.paths()) {
        conflicts.add(
            new Cause(
                "FieldManagerConflict",
                path,
                "conflict with " + shown(each.getKey(), each.getValue())));
      }
      FieldSet left = each.getValue().fields().minus(changed).minus(was.minus(is));
      each.setValue(new Owned(left, each.getValue().time()));
    }
    if (!conflicts.isEmpty() && !force) {
      throw ApiException.applyConflict(conflicts);
    }
    String time =
        last != null && last.fields().equals(wanted) && changed.isEmpty()
            ? last.time()
            : ObjectMeta.time(now);
    managed.owned.put(applier, new Owned(wanted, time));
    managed.write(merged);
    return merged;
  }

  private static String shown(Manager manager, Owned owned) {
    StringBuilder text = new StringBuilder("\"").append(manager.name()).append('"');
    if (!manager.subresource().isEmpty()) {
      text.append(" with subresource \"").append(manager.subresource()).append('"');
    }
    if (manager.operation() == Operation.UPDATE) {
      text.append(" using ").append(manager.apiVersion());
      if (!owned.time().isEmpty()) {
        text.append(" at ").append(owned.time());
      }
    }
    return text.toString();
  }
}
