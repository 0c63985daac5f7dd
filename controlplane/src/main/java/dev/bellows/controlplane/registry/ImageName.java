package dev.bellows.controlplane.registry;

import java.net.URI;

/**
 * An image's name, taken apart.
 *
 * @param registry host, perhaps with a port
 * @param repository path below it
 * @param reference tag, or digest with its algorithm
 */
public record ImageName(String registry, String repository, String reference) {
  /** The registry of names that give none. */
  public static final String DEFAULT_REGISTRY = "index.docker.io";

  private static final String DEFAULT_TAG = "latest";

  /** Reads a name that admission has let pass. */
  public static ImageName of(String image) {
    int slash = image.indexOf('/');
    String first = slash < 0 ? "" : image.substring(0, slash);
    // The first part is a registry only if it looks like a host.
    boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
    String registry = host ? first : DEFAULT_REGISTRY;
    String rest = host ? image.substring(slash + 1) : image;
    String reference = DEFAULT_TAG;
    int at = rest.indexOf('@');
    int colon = rest.lastIndexOf(':');
    if (at >= 0) {
      reference = rest.substring(at + 1);
      rest = rest.substring(0, at);
    } else if (colon > rest.lastIndexOf('/')) {
      reference = rest.substring(colon + 1);
      rest = rest.substring(0, colon);
    }
    boolean official = registry.equals(DEFAULT_REGISTRY) && rest.indexOf('/') < 0;
    return new ImageName(registry, official ? "library/" + rest : rest, reference);
  }

  /** Whether the name says exactly which image is meant. */
  public boolean isDigest() {
    return reference.startsWith("sha256:");
  }

  /** The same image by digest. */
  String at(String digest) {
    return registry + "/" + repository + "@" + digest;
  }

  /** Where its manifest is found. A registry on this machine speaks plain HTTP. */
  URI manifest() {
    return URI.create(
        "%s://%s/v2/%s/manifests/%s"
            .formatted(isLocal() ? "http" : "https", registry, repository, reference));
  }

  private boolean isLocal() {
    String host =
        registry.contains(":") ? registry.substring(0, registry.lastIndexOf(':')) : registry;
    return host.equals("localhost")
        || host.endsWith(".localhost")
        || host.endsWith(".local")
        || host.equals("[::1]")
        || host.startsWith("127.");
  }
}
