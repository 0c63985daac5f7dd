package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Accept.Form;
import java.time.Instant;
import java.util.List;

/** Objects in the form that a client asked for. */
final class Views {
  private static final List<String> KIND = List.of("kind", "apiVersion");

  private final Resource resource;
  private final String version;
  private final Accept accept;
  private final String includeObject;

  /**
   * @param version in which objects are shown
   * @param includeObject what a Table's rows carry: {@code None}, {@code Metadata}, {@code Object}
   */
  Views(Resource resource, String version, Accept accept, String includeObject) {
    this.resource = resource;
    this.version = version;
    this.accept = accept;
    this.includeObject = includeObject;
  }

  /** One object. */
  ObjectNode of(ObjectNode stored) {
    return switch (accept.form()) {
      case OBJECT -> served(stored);
      case METADATA -> metadata(served(stored));
      case TABLE ->
          table(
              List.of(stored),
              ObjectMeta.of(stored).node().deepCopy().retain("resourceVersion"),
              true);
    };
  }

  /**
   * A list.
   *
   * @param listMeta resourceVersion, continue, remainingItemCount
   */
  ObjectNode list(List<ObjectNode> items, ObjectNode listMeta) {
    if (accept.form() == Form.TABLE) {
      return table(items, listMeta, true);
    }
    ObjectNode list = Json.object();
    if (accept.form() == Form.METADATA) {
      list.put("kind", "PartialObjectMetadataList").put("apiVersion", "meta.k8s.io/v1");
    } else {
      list.put("kind", resource.listKind()).put("apiVersion", resource.apiVersion(version));
    }
    list.set("metadata", listMeta);
    ArrayNode all = list.putArray("items");
    for (ObjectNode item : items) {
      ObjectNode shown = of(item);
      if (accept.form() == Form.OBJECT && !resource.isCustom()) {
        shown.remove(KIND); // it is the list's
      }
      all.add(shown);
    }
    return list;
  }

  private ObjectNode served(ObjectNode stored) {
    return resource
        .conversion(version)
        .fromStored(stored.put("apiVersion", resource.apiVersion(version)));
  }

  /** A watch event's object; only the first Table of a watch repeats the headings. */
  ObjectNode event(ObjectNode object, boolean first) {
    if (accept.form() != Form.TABLE) {
      return of(object);
    }
    return table(
        List.of(object), ObjectMeta.of(object).node().deepCopy().retain("resourceVersion"), first);
  }

  /** The kind of what is handed out. */
  String kind() {
    return switch (accept.form()) {
      case OBJECT -> resource.type().kind();
      case METADATA -> "PartialObjectMetadata";
      case TABLE -> "Table";
    };
  }

  /** The {@code apiVersion} of what is handed out. */
  String apiVersion() {
    return accept.form() == Form.OBJECT ? resource.apiVersion(version) : "meta.k8s.io/v1";
  }

  /** Whether stored bytes can be handed out as they are. */
  boolean isPlain() {
    return accept.form() == Form.OBJECT
        && accept.encoding() == Encoding.JSON
        && version.equals(resource.type().version());
  }

  private ObjectNode table(List<ObjectNode> objects, ObjectNode listMeta, boolean headings) {
    Instant now = Instant.now();
    ObjectNode table = Json.object();
    table.put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
    table.set("metadata", listMeta);
    table.set("columnDefinitions", headings ? resource.columns().definitions() : Json.array());
    ArrayNode rows = table.putArray("rows");
    for (ObjectNode each : objects) {
      ObjectNode row = rows.addObject();
      row.set("cells", resource.columns().cells(each, now));
      ObjectNode object = served(each);
      switch (includeObject) {
        case "None" -> {}
        case "Object" -> row.set("object", object);
        default -> row.set("object", metadata(object));
      }
    }
    return table;
  }

  private static ObjectNode metadata(ObjectNode object) {
    ObjectNode partial = Json.object();
    partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
    partial.set("metadata", object.path("metadata"));
    return partial;
  }
}
