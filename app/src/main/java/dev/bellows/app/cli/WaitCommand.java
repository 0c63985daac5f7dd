package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.literal.Literal;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows wait}: returns once a condition of an object is True. */
@Command(
    name = "wait",
    description = "Wait until an object's condition is True.",
    mixinStandardHelpOptions = true)
final class WaitCommand implements Callable<Integer> {
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  @Mixin private DataDirectory dataDirectory = new DataDirectory();
  @Mixin private Target target = new Target();

  @Option(
      names = "--for",
      paramLabel = "CONDITION",
      description = "a condition's type, also as condition=TYPE (default: Ready)")
  private String condition = "Ready";

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description =
          "give up after, such as 90s, 2m or 1m30s; 0 looks once, a bare number is in seconds"
              + " (default: 60s)")
  private String timeout = "60s";

  @Override
  public Integer call() {
    condition = condition.replaceFirst("^condition=", "");
    Duration patience = duration(timeout);
    long began = System.nanoTime();
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory.path())) {
      Target.Named named = target.named(cluster);
      while (true) {
        JsonNode seen = seen(cluster.get(named.path(), "application/json"));
        if (seen.path("status").asText().equals("True")) {
          System.out.printf("%s/%s condition met%n", named.kind().plural(), named.name());
          return 0;
        }
        if (System.nanoTime() - began >= patience.toNanos()) {
          throw new UserError(
              "%s/%s: condition %s is still %s after %s%s"
                  .formatted(
                      named.kind().plural(),
                      named.name(),
                      condition,
                      seen.path("status").asText("absent"),
                      timeout.matches("\\d+") ? timeout + "s" : timeout,
                      seen.path("message").asText("").isEmpty()
                          ? ""
                          : ": " + seen.path("message").asText()));
        }
        LockSupport.parkNanos(LOOK_EVERY_NANOS);
      }
    }
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
          throw new UserError(
              "--timeout=" + text + " is no duration; such are 90s, 2m, 1m30s, 500ms");
    };
  }

  private JsonNode seen(JsonNode object) {
    for (JsonNode each : object.path("status").path("conditions")) {
      if (each.path("type").asText().equals(condition)) {
        return each;
      }
    }
    return object.path("no such condition");
  }
}
