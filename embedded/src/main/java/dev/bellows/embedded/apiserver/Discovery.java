package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What is served: the group and resource lists, in the old form and in the aggregated one. */
final class Discovery {
  /** The Kubernetes version whose API this is. */
  static final String MINOR = "34";

  private static final String GIT_VERSION = "v1.34.1+bellows";
  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  private static final List<String> VERBS =
      List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");

  private final Registry registry;

  Discovery(Registry registry) {
    this.registry = registry;
  }

  ObjectNode version() {
    ObjectNode version = Json.object();
    version.put("major", "1").put("minor", MINOR).put("gitVersion", GIT_VERSION);
    version
        .put("gitCommit", "")
        .put("gitTreeState", "clean")
        .put("buildDate", "1970-01-01T00:00:00Z");
    version.put("goVersion", "").put("compiler", "javac");
    return version.put("platform", "linux/amd64");
  }

  /**
   * The document at {@code /api}, {@code /api/v1}, {@code /apis}, {@code /apis/G}, {@code
   * /apis/G/V}.
   */
  ObjectNode answer(ApiRequest request, List<String> parts) {
    boolean core = parts.getFirst().equals("api");
    boolean aggregated = isAggregated(request, parts);
    if (parts.size() == 1) {
      if (aggregated) {
        return aggregatedGroups(core);
      }
      return core ? coreVersions() : groups();
    }
    if (core) {
      return resources("", parts.get(1));
    }
    return parts.size() == 2 ? group(parts.get(1)) : resources(parts.get(1), parts.get(2));
  }

  String contentType(ApiRequest request, List<String> parts) {
    return isAggregated(request, parts) ? AGGREGATED : "application/json";
  }

  private static boolean isAggregated(ApiRequest request, List<String> parts) {
    String accept = request.header("accept").replace(" ", "");
    return parts.size() == 1
        && accept.contains("g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  }

  private static ObjectNode coreVersions() {
    ObjectNode versions = Json.object();
    versions.put("kind", "APIVersions");
    versions.putArray("versions").add("v1");
    ArrayNode addresses = versions.putArray("serverAddressByClientCIDRs");
    addresses.addObject().put("clientCIDR", "0.0.0.0/0").put("serverAddress", "");
    return versions;
  }

  /** Versions by group, in the order in which Kubernetes lists them: as registered. */
  private Map<String, List<String>> versions() {
    Map<String, List<String>> versions = new LinkedHashMap<>();
    versions.put("", new ArrayList<>());
    for (Resource resource : registry.catalog().all()) {
      List<String> known =
          versions.computeIfAbsent(resource.type().group(), none -> new ArrayList<>());
      for (String version : resource.versions()) {
        if (!known.contains(version)) {
          known.add(version);
        }
      }
    }
    versions.put("authentication.k8s.io", List.of("v1"));
    versions.put("authorization.k8s.io", List.of("v1"));
    versions.put(MetricsRequests.GROUP, List.of(MetricsRequests.VERSION));
    versions.replaceAll(
        (group, list) -> list.stream().sorted(VersionOrder.PREFERRED_FIRST).toList());
    return versions;
  }

  private ObjectNode groups() {
    ObjectNode list = Json.object();
    list.put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode groups = list.putArray("groups");
    versions()
        .forEach((group, versions) -> {
          if (!group.isEmpty()) {
            groups.add(describe(Json.object(), group, versions));
          }
        });
    return list;
  }

  private ObjectNode group(String group) {
    List<String> versions = versions().get(group);
    if (versions == null) {
      throw ApiException.noSuchResource();
    }
    ObjectNode document = Json.object();
    document.put("kind", "APIGroup").put("apiVersion", "v1");
    return describe(document, group, versions);
  }

  private static ObjectNode describe(ObjectNode document, String group, List<String> versions) {
    document.put("name", group);
    ArrayNode list = document.putArray("versions");
    for (String version : versions) {
      list.addObject().put("groupVersion", group + "/" + version).put("version", version);
    }
    document
        .putObject("preferredVersion")
        .put("groupVersion", group + "/" + versions.getFirst())
        .put("version", versions.getFirst());
    return document;
  }

  private Collection<Resource> served(String group, String version) {
    return registry.catalog().all().stream()
        .filter(resource -> resource.type().group().equals(group))
        .filter(resource -> resource.versions().contains(version))
        .toList();
  }

  private ObjectNode resources(String group, String version) {
    if (!versions().getOrDefault(group, List.of()).contains(version)) {
      throw ApiException.noSuchResource();
    }
    ObjectNode list = Json.object();
    list.put("kind", "APIResourceList").put("apiVersion", "v1");
    list.put("groupVersion", group.isEmpty() ? version : group + "/" + version);
    ArrayNode resources = list.putArray("resources");
    for (Resource resource : served(group, version)) {
      ResourceType type = resource.type();
      ObjectNode entry = resources.addObject();
      entry.put("name", type.plural()).put("singularName", resource.singular());
      entry.put("namespaced", type.namespaced()).put("kind", type.kind());
      strings(entry, "verbs", VERBS);
      strings(entry, "shortNames", resource.shortNames());
      strings(entry, "categories", resource.categories());
      for (String name : resource.subresources().stream().sorted().toList()) {
        SubresourceKind kind = SubresourceKind.of(resource, name);
        ObjectNode sub = resources.addObject();
        sub.put("name", type.plural() + "/" + name).put("singularName", "");
        sub.put("namespaced", type.namespaced());
        if (!kind.group().equals(group) || !kind.version().equals(version)) {
          sub.put("group", kind.group()).put("version", kind.version());
        }
        sub.put("kind", kind.kind());
        strings(sub, "verbs", kind.verbs());
      }
    }
    reviewKinds(group)
        .forEach((plural, kind) -> {
          ObjectNode entry = resources.addObject();
          entry.put("name", plural).put("singularName", kind.toLowerCase(Locale.ROOT));
          entry.put("namespaced", false).put("kind", kind);
          strings(entry, "verbs", List.of("create"));
        });
    for (ResourceType type : measured(group)) {
      ObjectNode entry = resources.addObject();
      entry.put("name", type.plural()).put("singularName", "");
      entry.put("namespaced", type.namespaced()).put("kind", type.kind());
      strings(entry, "verbs", List.of("get", "list"));
    }
    return list;
  }

  private static List<ResourceType> measured(String group) {
    return group.equals(MetricsRequests.GROUP) ? MetricsRequests.kinds() : List.of();
  }

  private static Map<String, String> reviewKinds(String group) {
    return switch (group) {
      case "authentication.k8s.io" ->
          Map.of("selfsubjectreviews", "SelfSubjectReview", "tokenreviews", "TokenReview");
      case "authorization.k8s.io" ->
          Map.of(
              "selfsubjectaccessreviews", "SelfSubjectAccessReview",
              "selfsubjectrulesreviews", "SelfSubjectRulesReview",
              "subjectaccessreviews", "SubjectAccessReview");
      default -> Map.of();
    };
  }

  private ObjectNode aggregatedGroups(boolean core) {
    ObjectNode list = Json.object();
    list.put("kind", "APIGroupDiscoveryList").put("apiVersion", "apidiscovery.k8s.io/v2");
    list.putObject("metadata");
    ArrayNode items = list.putArray("items");
    versions()
        .forEach((group, versions) -> {
          if (group.isEmpty() != core) {
            return;
          }
          ObjectNode item = items.addObject();
          ObjectNode meta = item.putObject("metadata").putNull("creationTimestamp");
          if (!core) {
            meta.put("name", group);
          }
          ArrayNode list2 = item.putArray("versions");
          for (String version : versions) {
            ObjectNode entry = list2.addObject();
            entry.put("version", version);
            ArrayNode resources = entry.putArray("resources");
            served(group, version).forEach(each -> resources.add(aggregated(each, version)));
            reviewKinds(group)
                .forEach((plural, kind) -> resources.add(review(group, plural, kind)));
            measured(group).forEach(type -> resources.add(metrics(type)));
            entry.put("freshness", "Current");
          }
        });
    return list;
  }

  private static ObjectNode review(String group, String plural, String kind) {
    ObjectNode entry = Json.object();
    entry.put("resource", plural);
    responseKind(entry, group, "v1", kind);
    entry.put("scope", "Cluster");
    entry.put("singularResource", kind.toLowerCase(Locale.ROOT));
    strings(entry, "verbs", List.of("create"));
    return entry;
  }

  private static ObjectNode metrics(ResourceType type) {
    ObjectNode entry = Json.object();
    entry.put("resource", type.plural());
    responseKind(entry, type.group(), type.version(), type.kind());
    entry.put("scope", type.namespaced() ? "Namespaced" : "Cluster");
    entry.put("singularResource", "");
    strings(entry, "verbs", List.of("get", "list"));
    return entry;
  }

  private static ObjectNode aggregated(Resource resource, String version) {
    ResourceType type = resource.type();
    ObjectNode entry = Json.object();
    entry.put("resource", type.plural());
    responseKind(entry, type.group(), version, type.kind());
    entry.put("scope", type.namespaced() ? "Namespaced" : "Cluster");
    entry.put("singularResource", resource.singular());
    strings(entry, "verbs", VERBS);
    strings(entry, "shortNames", resource.shortNames());
    strings(entry, "categories", resource.categories());
    if (!resource.subresources().isEmpty()) {
      ArrayNode subresources = entry.putArray("subresources");
      for (String name : resource.subresources().stream().sorted().toList()) {
        SubresourceKind kind = SubresourceKind.of(resource, name);
        ObjectNode sub = subresources.addObject();
        sub.put("subresource", name);
        boolean own = kind.kind().equals(type.kind());
        responseKind(
            sub, own ? type.group() : kind.group(), own ? version : kind.version(), kind.kind());
        strings(sub, "verbs", kind.verbs());
      }
    }
    return entry;
  }

  private static void responseKind(ObjectNode entry, String group, String version, String kind) {
    entry.putObject("responseKind").put("group", group).put("version", version).put("kind", kind);
  }

  private static void strings(ObjectNode entry, String field, List<String> values) {
    if (!values.isEmpty()) {
      ArrayNode list = entry.putArray(field);
      values.forEach(list::add);
    }
  }
}
