package dev.bellows.embedded.apiserver;

/**
 * One kind of object that the API serves.
 *
 * @param group the API group, empty for the core group
 * @param version the version in which objects are stored and handed out in process
 * @param kind the kind, {@code Deployment}
 * @param plural the name in paths, {@code deployments}
 * @param namespaced whether objects live in a namespace
 */
public record ResourceType(
    String group, String version, String kind, String plural, boolean namespaced) {
  /** {@code apps/v1}, or {@code v1} in the core group. */
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /**
   * The plural with its group as error messages write it: {@code deployments.apps}, {@code pods}.
   */
  public String resource() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  /** The kind with its group as error messages write it: {@code Deployment.apps}, {@code Pod}. */
  public String groupKind() {
    return group.isEmpty() ? kind : kind + "." + group;
  }
}
