package dev.bellows.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DecisionsTest {
  private static final Path DECISIONS = Sources.ROOT.resolve("docs/adr");

  /** Nobody reads a directory to learn what was decided. */
  @Test
  void everyDecisionHasItsLineInOrder() throws IOException {
    List<String> files;
    try (Stream<Path> all = Files.list(DECISIONS)) {
      files =
          all.map(file -> DECISIONS.relativize(file).toString())
              .filter(name -> name.matches("\\d{4}-.*\\.md"))
              .sorted()
              .toList();
    }
    List<String> listed =
        Files.readAllLines(DECISIONS.resolve("README.md")).stream()
            .filter(line -> line.startsWith("- ["))
            .map(line -> line.substring(line.indexOf('(') + 1, line.indexOf(')')))
            .toList();

    assertThat(listed).as("the lines of docs/adr/README.md").isEqualTo(files);
  }
}
