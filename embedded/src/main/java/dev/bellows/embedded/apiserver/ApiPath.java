package dev.bellows.embedded.apiserver;

import java.util.List;

/**
 * What a path under a group and version means.
 *
 * @param group empty for the core group
 * @param version {@code v1}
 * @param namespace empty if the path names none
 * @param plural the resource
 * @param name empty for the whole collection
 * @param subresource empty for the object itself
 */
record ApiPath(
    String group,
    String version,
    String namespace,
    String plural,
    String name,
    String subresource) {
  /** Paths of namespaces themselves: a third part is their subresource, not a resource inside. */
  private static final List<String> NAMESPACE_SUBRESOURCES = List.of("status", "finalize");

  /** The collection that the object is in. */
  ApiPath collection() {
    return new ApiPath(group, version, namespace, plural, "", "");
  }

  static ApiPath of(String group, String version, List<String> parts) {
    if (parts.stream().anyMatch(String::isEmpty)) {
      throw ApiException.noSuchResource();
    }
    boolean inNamespace =
        parts.size() > 2
            && parts.getFirst().equals("namespaces")
            && !(parts.size() == 3 && NAMESPACE_SUBRESOURCES.contains(parts.get(2)));
    String namespace = inNamespace ? parts.get(1) : "";
    List<String> rest = inNamespace ? parts.subList(2, parts.size()) : parts;
    if (rest.size() > 3) {
      throw ApiException.noSuchResource();
    }
    return new ApiPath(
        group,
        version,
        namespace,
        rest.getFirst(),
        rest.size() > 1 ? rest.get(1) : "",
        rest.size() > 2 ? rest.get(2) : "");
  }
}
