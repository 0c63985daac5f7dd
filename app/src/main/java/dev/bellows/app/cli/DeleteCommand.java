package dev.bellows.app.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bellows delete}: deletes one object and what it owns. */
@Command(
    name = "delete",
    description = "Delete an object; what it owns goes with it.",
    mixinStandardHelpOptions = true)
final class DeleteCommand implements Callable<Integer> {
  @Mixin private DataDirectory dataDirectory = new DataDirectory();
  @Mixin private Target target = new Target();

  @Override
  public Integer call() {
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory.path())) {
      Target.Named named = target.named(cluster);
      cluster.send("DELETE", named.path(), "application/json", "", "");
      System.out.printf("%s \"%s\" deleted%n", named.kind().singular(), named.name());
    }
    return 0;
  }
}
