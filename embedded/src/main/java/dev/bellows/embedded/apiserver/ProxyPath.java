package dev.bellows.embedded.apiserver;

import java.util.List;
import java.util.Optional;

/**
 * A path that leads through the API server to what a pod or Service serves.
 *
 * @param target the pod or Service, as the path names it: {@code https:hello:443}
 * @param prefix the path up to {@code /proxy}
 * @param rest the path behind it; empty, or with a slash at its beginning
 */
record ProxyPath(ApiPath target, String prefix, String rest) {
  private static final List<String> KINDS = List.of("pods", "services");

  /** Reads a path. */
  static Optional<ProxyPath> of(String path) {
    if (!path.contains("/proxy")) {
      return Optional.empty(); // every request comes by here
    }
    // ["", "api", "v1", "namespaces", NAMESPACE, "pods", NAME, "proxy", …]
    String[] parts = path.split("/", 9);
    boolean is =
        parts.length > 7
            && parts[1].equals("api")
            && parts[2].equals("v1")
            && parts[3].equals("namespaces")
            && !parts[4].isEmpty()
            && KINDS.contains(parts[5])
            && !parts[6].isEmpty()
            && parts[7].equals("proxy");
    if (!is) {
      return Optional.empty();
    }
    return Optional.of(
        new ProxyPath(
            new ApiPath("", "v1", parts[4], parts[5], parts[6], "proxy"),
            String.join("/", List.of(parts).subList(0, 8)),
            parts.length > 8 ? "/" + parts[8] : ""));
  }

  /**
   * What the name in the path means.
   *
   * @param scheme {@code http} or {@code https}
   * @param port its number or name; empty for the first one
   */
  record Target(String scheme, String name, String port) {}

  /**
   * Reads {@code NAME}, {@code NAME:PORT} or {@code SCHEME:NAME:PORT}.
   *
   * @throws ApiException 400 if it is none of these
   */
  Target name() {
    String[] parts = target.name().split(":", -1);
    return switch (parts.length) {
      case 1 -> new Target("http", parts[0], "");
      case 2 -> new Target("http", parts[0], parts[1]);
      case 3 -> {
        if (!List.of("", "http", "https").contains(parts[0])) {
          throw invalid();
        }
        yield new Target(parts[0].isEmpty() ? "http" : parts[0], parts[1], parts[2]);
      }
      default -> throw invalid();
    };
  }

  ApiException invalid() {
    String kind = target.plural().equals("pods") ? "pod" : "service";
    return ApiException.badRequest("invalid " + kind + " request \"" + target.name() + "\"");
  }
}
