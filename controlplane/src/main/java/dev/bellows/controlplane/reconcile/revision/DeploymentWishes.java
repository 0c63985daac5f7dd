package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.watch.Key;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The hash of the Deployment that each Revision wishes for. Most passes are about a Revision that
 * has not changed: they need not make its Deployment again to see that it is the one there is. One
 * entry for each Revision.
 */
final class DeploymentWishes {
  private final Map<Key, Wish> wishes = new ConcurrentHashMap<>();

  /** All that a Deployment is made from; a change of the spec is a change of the generation. */
  private record Origin(
      String uid,
      @Nullable Long generation,
      Map<String, String> labels,
      Map<String, String> annotations,
      SystemConfig config,
      Map<String, String> images) {}

  private record Wish(Origin origin, String hash) {}

  /**
   * The hash of what is wished for.
   *
   * @param images by container name, the image with its digest
   * @param wanted makes the Deployment, of these; called if they are not those of the last time
   */
  String of(
      Revision revision,
      SystemConfig config,
      Map<String, String> images,
      Supplier<Deployment> wanted) {
    Origin origin = origin(revision, config, images);
    Key key = Key.of(revision);
    Wish known = wishes.get(key);
    if (known == null || !known.origin.equals(origin)) {
      known = new Wish(origin, RevisionDeployment.wish(wanted.get()));
      wishes.put(key, known);
    }
    return known.hash;
  }

  /** A Deployment was made of these, as it is wished for. */
  void made(
      Revision revision, SystemConfig config, Map<String, String> images, Deployment deployment) {
    wishes.put(
        Key.of(revision),
        new Wish(origin(revision, config, images), RevisionDeployment.wish(deployment)));
  }

  private static Origin origin(Revision revision, SystemConfig config, Map<String, String> images) {
    return new Origin(
        revision.getMetadata().getUid(),
        revision.getMetadata().getGeneration(),
        Children.labels(revision),
        Children.annotations(revision),
        config,
        images);
  }

  /** The Revision is gone. */
  void forget(Key key) {
    wishes.remove(key);
  }
}
