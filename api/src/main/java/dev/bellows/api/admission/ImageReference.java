package dev.bellows.api.admission;

import java.util.regex.Pattern;

/**
 * Whether a text names an image: {@code [registry/]repository[:tag][@sha256:digest]}, as the
 * library reads it that the original resolves digests with.
 */
public final class ImageReference {
  private static final Pattern REPOSITORY = Pattern.compile("[a-z0-9_\\-./]{2,255}");
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_\\-.]{1,128}");
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final Pattern REGISTRY =
      Pattern.compile("([A-Za-z0-9_\\-.~]+|\\[[0-9a-fA-F:.]+])(:[0-9]*)?");

  private ImageReference() {}

  /** Whether a manifest that names it is let in. */
  public static boolean isValid(String image) {
    if (isTagged(image)) {
      return true;
    }
    String[] parts = image.split("@", -1);
    return parts.length == 2
        && DIGEST.matcher(parts[1]).matches()
        && (isTagged(parts[0]) || isRepository(parts[0]));
  }

  private static boolean isTagged(String name) {
    int colon = name.lastIndexOf(':');
    // A colon before a slash belongs to the registry's port.
    if (colon < 0 || name.indexOf('/', colon) >= 0) {
      return isRepository(name);
    }
    String tag = name.substring(colon + 1);
    return (tag.isEmpty() || TAG.matcher(tag).matches()) && isRepository(name.substring(0, colon));
  }

  private static boolean isRepository(String name) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    boolean registry = first.contains(".") || first.contains(":");
    String repository = registry ? name.substring(slash + 1) : name;
    return REPOSITORY.matcher(repository).matches()
        && (!registry || REGISTRY.matcher(first).matches());
  }
}
