package dev.bellows.controlplane.bucket;

import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.watch.Key;
import java.util.function.Consumer;

/**
 * A reconciler that looks after its own keys alone, and forgets what it knew of one that another
 * has taken over: nothing is scraped or decided twice. What nobody has taken over while it could
 * not be held is still known when it is held again.
 *
 * @param reconciler looks after what is ours
 * @param forget ends what goes on about a key
 */
public record Owned(Reconciler reconciler, Ownership ownership, Consumer<Key> forget)
    implements Reconciler {
  @Override
  public String name() {
    return reconciler.name();
  }

  @Override
  public Outcome reconcile(Key key) {
    if (ownership.isOurs(key)) {
      return reconciler.reconcile(key);
    }
    if (ownership.isAnothers(key)) {
      forget.accept(key);
    }
    return Outcome.done();
  }
}
