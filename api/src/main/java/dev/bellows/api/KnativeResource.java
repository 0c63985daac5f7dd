package dev.bellows.api;

import io.fabric8.kubernetes.client.CustomResource;
import org.jspecify.annotations.Nullable;

/**
 * What the kinds have in common: spec and status are records, and absent until they are set.
 *
 * @param <S> spec
 * @param <T> status
 */
public abstract class KnativeResource<S, T> extends CustomResource<S, T> {
  private static final long serialVersionUID = 1L;

  // The client would call a no-argument constructor, which a record does not have.
  @Override
  protected @Nullable S initSpec() {
    return null;
  }

  @Override
  protected @Nullable T initStatus() {
    return null;
  }
}
