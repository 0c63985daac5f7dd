package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
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

  @Option(names = "--for", paramLabel = "CONDITION", description = "condition (default: Ready)")
  private String condition = "Ready";

  @Option(names = "--timeout", paramLabel = "SECONDS", description = "give up after (default: 60)")
  private int timeoutSeconds = 60;

  @Override
  public Integer call() {
    long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutSeconds);
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory.path())) {
      ClusterAccess.Kind kind = cluster.kind(target.kind());
      String path = kind.path(target.namespace(), target.requiredName());
      while (true) {
        JsonNode seen = seen(cluster.get(path, "application/json"));
        if (seen.path("status").asText().equals("True")) {
          System.out.printf("%s/%s condition met%n", kind.plural(), target.name());
          return 0;
        }
        if (System.nanoTime() >= giveUp) {
          throw new UserError(
              "%s/%s: condition %s is still %s after %d s%s"
                  .formatted(
                      kind.plural(),
                      target.name(),
                      condition,
                      seen.path("status").asText("absent"),
                      timeoutSeconds,
                      seen.path("message").asText("").isEmpty()
                          ? ""
                          : ": " + seen.path("message").asText()));
        }
        LockSupport.parkNanos(LOOK_EVERY_NANOS);
      }
    }
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
