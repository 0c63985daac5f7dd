package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows delete}: deletes objects and what they own. */
@Command(
    name = "delete",
    description = "Delete an object, or those of a manifest; what they own goes with them.",
    mixinStandardHelpOptions = true)
final class DeleteCommand implements Callable<Integer> {
  @Mixin private DataDirectory dataDirectory = new DataDirectory();
  @Mixin private Target target = new Target();

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description = "a manifest, a directory of them, or - for standard input; may be repeated")
  private List<String> files = List.of();

  @Override
  public Integer call() throws IOException {
    if (target.isGiven() == !files.isEmpty()) {
      throw UserError.wrongWords("name an object, as in ksvc/NAME, or files with -f; not both");
    }
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory)) {
      if (target.isGiven()) {
        delete(cluster, target.named(cluster));
      }
      for (ObjectNode manifest : ApplyCommand.read(files)) {
        delete(cluster, target.of(cluster, manifest));
      }
    }
    return 0;
  }

  private static void delete(ClusterAccess cluster, Target.Named named) {
    cluster.send("DELETE", named.path(), "application/json", "", "");
    System.out.printf("%s \"%s\" deleted%n", named.kind().qualified(), named.name());
  }
}
