package dev.bellows.embedded.apiserver;

import java.util.List;
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
 * @param origin where the kind comes from
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
    Origin origin,
    KindRules rules) {
  /** Where a kind comes from. */
  enum Origin {
    BUILT_IN,
    CUSTOM
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
