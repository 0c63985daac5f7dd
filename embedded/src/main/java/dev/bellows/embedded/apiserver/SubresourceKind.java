package dev.bellows.embedded.apiserver;

import java.util.List;

/**
 * What discovery says of a subresource.
 *
 * @param group of the kind that is exchanged
 * @param version of that kind
 * @param kind that is exchanged
 * @param verbs that are served
 */
record SubresourceKind(String group, String version, String kind, List<String> verbs) {
  static SubresourceKind of(Resource resource, String name) {
    ResourceType type = resource.type();
    return switch (name) {
      case "scale" ->
          new SubresourceKind("autoscaling", "v1", "Scale", List.of("get", "patch", "update"));
      case "log" -> new SubresourceKind("", "v1", "Pod", List.of("get"));
      case "attach" -> new SubresourceKind("", "v1", "PodAttachOptions", List.of("create", "get"));
      case "exec" -> new SubresourceKind("", "v1", "PodExecOptions", List.of("create", "get"));
      case "portforward" ->
          new SubresourceKind("", "v1", "PodPortForwardOptions", List.of("create", "get"));
      case "proxy" ->
          new SubresourceKind(
              "",
              "v1",
              type.kind() + "ProxyOptions",
              List.of("create", "delete", "get", "patch", "update"));
      case "eviction" -> new SubresourceKind("policy", "v1", "Eviction", List.of("create"));
      case "token" ->
          new SubresourceKind("authentication.k8s.io", "v1", "TokenRequest", List.of("create"));
      case "binding" -> new SubresourceKind("", "v1", "Binding", List.of("create"));
      case "finalize" ->
          new SubresourceKind(type.group(), type.version(), type.kind(), List.of("update"));
      default ->
          new SubresourceKind(
              type.group(), type.version(), type.kind(), List.of("get", "patch", "update"));
    };
  }
}
