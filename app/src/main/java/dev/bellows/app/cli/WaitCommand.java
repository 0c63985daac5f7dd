package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.literal.Literal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows wait}: returns once an object is as it should be, or gone. */
@Command(
    name = "wait",
    description = {
      "Wait until an object's condition is met, or until it is gone.",
      "Of kubectl's, --for=jsonpath, --for=create, -l and -f are not there."
    },
    mixinStandardHelpOptions = true)
final class WaitCommand implements Callable<Integer> {
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final Pattern CONDITION =
      Pattern.compile("(condition=)?(?<type>[A-Za-z][A-Za-z0-9./-]*)(=(?<status>[A-Za-z]+))?");

  @Mixin private DataDirectory dataDirectory = new DataDirectory();
  @Mixin private Target target = new Target();

  @Option(
      names = "--for",
      paramLabel = "CONDITION",
      description =
          "TYPE, condition=TYPE or condition=TYPE=STATUS; or delete (default: condition=Ready)")
  private String wanted = "condition=Ready";

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description =
          "give up after, such as 90s, 2m or 1m30s; 0 looks once, a bare number is in seconds"
              + " (default: 60s)")
  private String timeout = "60s";

  @Override
  public Integer call() {
    Goal goal = goal(wanted);
    Duration patience = duration(timeout);
    long began = System.nanoTime();
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory)) {
      Target.Named named = target.named(cluster);
      String object = named.kind().qualified() + "/" + named.name();
      while (true) {
        Optional<JsonNode> seen = cluster.find(named.path());
        if (seen.isEmpty() && goal instanceof Goal.Condition) {
          throw new UserError(object + " is not there");
        }
        if (goal.isMetBy(seen)) {
          System.out.println(object + " condition met");
          return 0;
        }
        if (System.nanoTime() - began >= patience.toNanos()) {
          throw new UserError(
              "%s: %s after %s"
                  .formatted(
                      object,
                      goal.stillMissing(seen),
                      timeout.matches("\\d+") ? timeout + "s" : timeout));
        }
        LockSupport.parkNanos(LOOK_EVERY_NANOS);
      }
    }
  }

  /** What is waited for. */
  sealed interface Goal {
    boolean isMetBy(Optional<JsonNode> object);

    /** What keeps the goal from being met, in words. */
    String stillMissing(Optional<JsonNode> object);

    /** That there is no such object. */
    record Gone() implements Goal {
      @Override
      public boolean isMetBy(Optional<JsonNode> object) {
        return object.isEmpty();
      }

      @Override
      public String stillMissing(Optional<JsonNode> object) {
        return "is still there";
      }
    }

    /**
     * That a condition has a status; both are read in any case, as kubectl does.
     *
     * @param type of the condition
     * @param status such as True
     */
    record Condition(String type, String status) implements Goal {
      @Override
      public boolean isMetBy(Optional<JsonNode> object) {
        return seen(object).path("status").asText().equalsIgnoreCase(status);
      }

      @Override
      public String stillMissing(Optional<JsonNode> object) {
        JsonNode seen = seen(object);
        String message = seen.path("message").asText("");
        return "condition %s is still %s%s"
            .formatted(
                type,
                seen.path("status").asText("absent"),
                message.isEmpty() ? "" : " (" + message + ")");
      }

      private JsonNode seen(Optional<JsonNode> object) {
        JsonNode whole = object.orElse(MissingNode.getInstance());
        for (JsonNode each : whole.path("status").path("conditions")) {
          if (each.path("type").asText().equalsIgnoreCase(type)) {
            return each;
          }
        }
        return MissingNode.getInstance();
      }
    }
  }

  /**
   * What {@code --for} means.
   *
   * @throws UserError if nothing that can be waited for
   */
  static Goal goal(String text) {
    if (text.equalsIgnoreCase("delete")) {
      return new Goal.Gone();
    }
    Matcher condition = CONDITION.matcher(text);
    if (!condition.matches() || text.equals("create") || text.startsWith("jsonpath")) {
      throw UserError.wrongWords(
          "--for="
              + text
              + " is nothing to wait for; such are condition=Ready, condition=Ready=False,"
              + " delete");
    }
    String status = condition.group("status");
    return new Goal.Condition(condition.group("type"), status == null ? "True" : status);
  }

  /**
   * As kubectl reads it; a bare number is in seconds, which kubectl refuses.
   *
   * @throws UserError if it is none, or negative
   */
  static Duration duration(String text) {
    String unit = text.matches("\\d+") ? "s" : "";
    return switch (DurationLiteral.parse(text + unit)) {
      case Literal.Value(Duration value) when !value.isNegative() -> value;
      case Literal.Value(Duration _),
          Literal.Malformed<Duration> _,
          Literal.OutOfRange<Duration> _ ->
          throw UserError.wrongWords(
              "--timeout=" + text + " is no duration; such are 90s, 2m, 1m30s, 500ms");
    };
  }
}
