package dev.bellows.controlplane.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Optional;

/** Where all objects of a kind are seen. */
@FunctionalInterface
public interface Views {
  /** The view of a kind, empty if nobody asked for one. */
  Optional<Watched<?>> of(Class<? extends HasMetadata> type);
}
