package dev.bellows.controlplane.registry;

import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import dev.bellows.controlplane.watch.Key;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Takes names that carry a digest, and those of registries that config-deployment names under
 * {@code registries-skipping-tag-resolving}, as they are; asks another resolver for the rest.
 */
public final class SkippingDigestResolver implements DigestResolver {
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
  public Resolution resolve(Revision revision, String image) {
    ImageName name = ImageName.of(image);
    if (name.isDigest()) {
      return new Resolution.Known(image);
    }
    return skipped.get().contains(name.registry())
        ? new Resolution.Known("")
        : others.resolve(revision, image);
  }

  @Override
  public void onResolved(Consumer<Key> listener) {
    others.onResolved(listener);
  }

  @Override
  public void forget(Key revision) {
    others.forget(revision);
  }
}
