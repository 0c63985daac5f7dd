package dev.bellows.controlplane.reconcile;

import dev.bellows.controlplane.reconcile.Step.Severity;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Steps that make an object wait for us before it goes, and let it go. */
public final class Finalizers {
  private Finalizers() {}

  /**
   * Adds a finalizer, if it is not there.
   *
   * @param copy a new object of the kind, to be filled
   */
  public static <S, T, R extends CustomResource<S, T>> List<Step> added(
      R seen, Supplier<R> copy, String finalizer) {
    List<String> finalizers = new ArrayList<>(seen.getFinalizers());
    if (!finalizers.contains(finalizer)) {
      finalizers.add(finalizer);
    }
    return changed(seen, copy.get(), finalizers);
  }

  /**
   * Removes a finalizer, if it is there.
   *
   * @param copy a new object of the kind, to be filled
   */
  public static <S, T, R extends CustomResource<S, T>> List<Step> removed(
      R seen, Supplier<R> copy, String finalizer) {
    return changed(
        seen,
        copy.get(),
        seen.getFinalizers().stream().filter(each -> !each.equals(finalizer)).toList());
  }

  private static <S, T, R extends CustomResource<S, T>> List<Step> changed(
      R seen, R copy, List<String> finalizers) {
    if (finalizers.equals(seen.getFinalizers())) {
      return List.of();
    }
    copy.setMetadata(new ObjectMetaBuilder(seen.getMetadata()).withFinalizers(finalizers).build());
    copy.setSpec(seen.getSpec());
    copy.setStatus(seen.getStatus());
    return Step.patch(seen, copy).stream()
        .flatMap(patch ->
            Stream.of(
                patch,
                new Step.Announce(
                    seen,
                    Severity.NORMAL,
                    "FinalizerUpdate",
                    "Updated \"%s\" finalizers".formatted(seen.getMetadata().getName()))))
        .toList();
  }
}
