package dev.bellows.embedded.image;

import java.util.regex.Pattern;

/**
 * An image reference in its full form, as Docker completes a short one: {@code hello} means {@code
 * docker.io/library/hello:latest}.
 *
 * @param repository with its registry, {@code docker.io/library/hello}
 * @param tag empty if the reference names none
 * @param digest {@code sha256:…}; empty if the reference names none
 */
record ImageName(String repository, String tag, String digest) {
  // github.com/distribution/reference: path components, an optional registry with its port.
  private static final Pattern REPOSITORY =
      Pattern.compile("[a-zA-Z0-9]+([.-]+[a-zA-Z0-9]+)*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+");

  private static final Pattern TAG = Pattern.compile("[\\w][\\w.-]{0,127}");
  private static final int MAX_LENGTH = 255;

  /**
   * Completes a reference.
   *
   * @throws IllegalArgumentException if it is none
   */
  static ImageName parse(String reference) {
    String rest = reference;
    String digest = "";
    int at = rest.indexOf('@');
    if (at >= 0) {
      digest = rest.substring(at + 1);
      rest = rest.substring(0, at);
    }
    String tag = "";
    int colon = rest.lastIndexOf(':');
    if (colon > rest.lastIndexOf('/')) {
      tag = rest.substring(colon + 1);
      rest = rest.substring(0, colon);
    }
    String repository = complete(rest);
    if (!REPOSITORY.matcher(repository).matches()
        || repository.length() > MAX_LENGTH
        || (!tag.isEmpty() && !TAG.matcher(tag).matches())
        || reference.endsWith(":")) {
      throw new IllegalArgumentException("invalid image name '" + reference + "'");
    }
    return new ImageName(repository, tag, digest);
  }

  private static String complete(String name) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    boolean isRegistry =
        first.indexOf('.') >= 0 || first.indexOf(':') >= 0 || first.equals("localhost");
    if (isRegistry) {
      return first.equals("index.docker.io")
          ? complete("docker.io" + name.substring(slash))
          : hub(name);
    }
    return hub("docker.io/" + name);
  }

  private static String hub(String name) {
    String prefix = "docker.io/";
    return name.startsWith(prefix) && name.indexOf('/', prefix.length()) < 0
        ? prefix + "library/" + name.substring(prefix.length())
        : name;
  }
}
