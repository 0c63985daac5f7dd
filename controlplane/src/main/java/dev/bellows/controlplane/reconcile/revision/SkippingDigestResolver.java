package dev.bellows.controlplane.reconcile.revision;

import java.util.List;
import java.util.function.Supplier;

/**
 * Takes names that carry a digest, and those of registries that config-deployment names under
 * {@code registries-skipping-tag-resolving}, as they are; asks another resolver for the rest.
 */
public final class SkippingDigestResolver implements DigestResolver {
  private static final String DEFAULT_REGISTRY = "index.docker.io";

  private final Supplier<List<String>> skipped;
  private final DigestResolver others;

  /**
   * @param skipped registries, as configured now
   * @param others knows the rest
   */
  public SkippingDigestResolver(Supplier<List<String>> skipped, DigestResolver others) {
    this.skipped = skipped;
    this.others = others;
  }

  @Override
  public Resolution resolve(String image) {
    if (image.contains("@sha256:")) {
      return new Resolution.Known(image);
    }
    return skipped.get().contains(registry(image))
        ? new Resolution.Known("")
        : others.resolve(image);
  }

  /** The first part of a name is its registry only if it looks like a host. */
  static String registry(String image) {
    int slash = image.indexOf('/');
    if (slash < 0) {
      return DEFAULT_REGISTRY;
    }
    String first = image.substring(0, slash);
    boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
    return host ? first : DEFAULT_REGISTRY;
  }
}
