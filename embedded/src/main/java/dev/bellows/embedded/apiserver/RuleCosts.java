package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.embedded.cel.CostBudget;
import dev.bellows.embedded.cel.Expression;
import dev.bellows.embedded.cel.SchemaSizes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What the rules of a definition cost at most, one by one and together, before any is evaluated.
 */
final class RuleCosts {
  /** Of all rules, those that are named where all together cost too much. */
  private static final int NAMED = 4;

  private static final String ADVICE =
      " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays,"
          + " maps, and strings are declared)";

  private final List<Cause> causes;
  private final List<Guess> guesses = new ArrayList<>();
  private long sum;

  private record Guess(String path, long cost) {}

  RuleCosts(List<Cause> causes) {
    this.causes = causes;
  }

  /**
   * Counts an expression.
   *
   * @param times how often its value can be in an object; empty if nothing says
   * @param keyword {@code rule} or {@code messageExpression}
   * @param path of its rule
   */
  void add(
      Expression expression, JsonNode schema, Optional<Long> times, String keyword, String path) {
    long once = expression.estimate(schema);
    long cost = CostBudget.times(once, times.orElseGet(() -> SchemaSizes.most(schema)));
    String place = path + "." + keyword;
    guesses.add(new Guess(place, cost));
    sum = CostBudget.plus(sum, cost);
    CostBudget.excess(cost, CostBudget.MAX_OF_ONE_GUESSED)
        .ifPresent(factor ->
            causes.add(
                Cause.forbidden(
                    place,
                    "estimated "
                        + keyword
                        + " cost exceeds budget by factor of "
                        + factor
                        + ADVICE)));
  }

  /**
   * Judges the sum.
   *
   * @param path of the schema
   */
  void close(String path) {
    Optional<String> excess = CostBudget.excess(sum, CostBudget.MAX_OF_ALL_GUESSED);
    if (excess.isEmpty()) {
      return;
    }
    guesses.stream()
        .filter(guess -> guess.cost() >= CostBudget.MAX_OF_ALL_GUESSED / 100)
        .sorted(Comparator.comparingLong(Guess::cost).reversed())
        .limit(NAMED)
        .forEach(guess ->
            causes.add(
                Cause.forbidden(
                    guess.path(),
                    "contributed to estimated rule cost total exceeding cost limit for entire"
                        + " OpenAPIv3 schema")));
    causes.add(
        Cause.forbidden(
            path,
            "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
                + " exceeds budget by factor of "
                + excess.get()
                + ADVICE));
  }
}
