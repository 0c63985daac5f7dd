package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A served kind with everything that discovery, the write path and the printers ask of it.
 *
 * @param type group, storage version, kind, plural
 * @param versions every served version, the preferred one first
 * @param singular the name of one, {@code pod}
 * @param shortNames {@code po}
 * @param categories {@code all}
 * @param subresources {@code status}, {@code scale}, …
 * @param countsGenerations whether {@code metadata.generation} counts changes of the spec
 * @param selectableFields fields that a field selector may name, besides name and namespace
 * @param origin where the kind comes from
 * @param shape what its objects look like
 * @param rules what it asks of its objects
 */
record Resource(
    ResourceType type,
    List<String> versions,
    String singular,
    List<String> shortNames,
    List<String> categories,
    Set<String> subresources,
    boolean countsGenerations,
    List<String> selectableFields,
    Origin origin,
    Shape shape,
    KindRules rules) {
  /** What objects look like; worked out when it is first asked for, since a start needs none. */
  interface Shape {
    /** The schema of an object in a version. */
    Schema schema(String version);

    /** The schema as OpenAPI documents show it. */
    ObjectNode openApi(String version);

    /** The columns of {@code kubectl get}. */
    Columns columns();

    /** Where objects keep what their scale shows; asked only of kinds that have one. */
    ScalePaths scale();

    /** What its schema demands in expressions; empty if it has none. */
    default Optional<ValidationRules> rules(String version) {
      return Optional.empty();
    }

    /** How objects look in a version. */
    default Conversion conversion(String version) {
      return Conversion.NONE;
    }
  }

  /** Where a kind comes from. */
  enum Origin {
    BUILT_IN,
    CUSTOM
  }

  /** The kind of a list of these. */
  String listKind() {
    return type.kind() + "List";
  }

  /** The schema of an object in the stored version. */
  Schema schema() {
    return shape.schema(type.version());
  }

  /** The schema of a custom kind, as OpenAPI documents show it. */
  ObjectNode openApi(String version) {
    return shape.openApi(version);
  }

  /** The columns of {@code kubectl get}. */
  Columns columns() {
    return shape.columns();
  }

  /** How objects look in one of the served versions. */
  Conversion conversion(String version) {
    return version.equals(type.version()) ? Conversion.NONE : shape.conversion(version);
  }

  /** The kind as if it were stored in another of its versions. */
  Resource in(String version) {
    ResourceType other =
        new ResourceType(type.group(), version, type.kind(), type.plural(), type.namespaced());
    return new Resource(
        other,
        versions,
        singular,
        shortNames,
        categories,
        subresources,
        countsGenerations,
        selectableFields,
        origin,
        shape,
        rules);
  }

  boolean isCustom() {
    return origin == Origin.CUSTOM;
  }

  boolean hasStatus() {
    return subresources.contains("status");
  }

  /** The {@code apiVersion} in one of the served versions. */
  String apiVersion(String version) {
    return type.group().isEmpty() ? version : type.group() + "/" + version;
  }
}
