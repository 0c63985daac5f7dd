package dev.bellows.core.rollout;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * How the shares of all followed Configurations are divided among their Revisions; the state that a
 * Route carries from one reconcile to the next. Immutable.
 *
 * @param configurations sorted by tag, then name
 */
public record Rollout(List<ConfigurationRollout> configurations) {
  public Rollout {
    configurations =
        configurations.stream()
            .sorted(
                Comparator.comparing(ConfigurationRollout::tag)
                    .thenComparing(ConfigurationRollout::configurationName))
            .toList();
  }

  /** Whether the numbers can be true; a state that is not sound counts as none. */
  public boolean isSound() {
    return configurations.stream().allMatch(ConfigurationRollout::isSound);
  }

  /** Whether a Revision is still taking over. */
  public boolean isInProgress() {
    return configurations.stream().anyMatch(ConfigurationRollout::isInProgress);
  }

  /**
   * The state, once the ingress is known to do what it says: rollouts that have begun get their
   * pace.
   *
   * @param nowNanos Unix time
   * @param durationSeconds length of a rollout in all
   */
  public Rollout observedReadyAt(long nowNanos, long durationSeconds) {
    return new Rollout(
        configurations.stream()
            .map(each -> each.observedReadyAt(nowNanos, durationSeconds))
            .toList());
  }

  /**
   * From this state to the next on the way to the wanted one. What is new in the wanted state is
   * there at once; what is missing in it is gone at once.
   *
   * @param nowNanos Unix time
   */
  public Rollout towards(Rollout wanted, long nowNanos) {
    return new Rollout(
        wanted.configurations.stream()
            .map(each ->
                configuration(each).map(before -> before.towards(each, nowNanos)).orElse(each))
            .toList());
  }

  /**
   * The state without Revisions that are gone: what they had falls to the newest that is left, for
   * requests sent to them would fail. A Configuration none of whose Revisions is left has no state.
   *
   * @param exists whether there is a Revision of that name
   */
  public Rollout keeping(Predicate<String> exists) {
    return new Rollout(
        configurations.stream().flatMap(each -> each.keeping(exists).stream()).toList());
  }

  /** When to look again, Unix time; empty if nothing is due. */
  public OptionalLong nextStepTimeNanos() {
    return configurations.stream()
        .mapToLong(each -> each.stepParams().nextStepTimeNanos())
        .filter(time -> time != 0)
        .min();
  }

  private Optional<ConfigurationRollout> configuration(ConfigurationRollout like) {
    return configurations.stream().filter(each -> each.isOf(like)).findFirst();
  }
}
