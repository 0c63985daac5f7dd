package dev.bellows.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.embedded.image.Image;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageCommandTest {
  @Test
  void aProgramIsAPathOrSearchedFor(@TempDir Path directory) throws Exception {
    Path program = Files.createFile(directory.resolve("program"));
    String searched = "/nonexistent" + File.pathSeparator + directory;

    assertThat(ImageCommand.Add.isThere("program", searched)).as("not executable").isFalse();
    assertThat(program.toFile().setExecutable(true)).isTrue();
    assertThat(ImageCommand.Add.isThere("program", searched)).isTrue();
    assertThat(ImageCommand.Add.isThere("program", "/nonexistent")).isFalse();
    assertThat(ImageCommand.Add.isThere(program.toString(), "")).isTrue();
    assertThat(ImageCommand.Add.isThere(directory.toString(), "")).as("a directory").isFalse();
  }

  @Test
  void listsLongCommandsCut() {
    Image image =
        new Image("hello", List.of("python3", "hello.py"), Map.of(), Optional.of(Path.of("/srv")));

    assertThat(ImageCommand.Show.rows(List.of(image), 11).getLast())
        .containsExactly("hello", "python3 ...", "/srv");
    assertThat(ImageCommand.Show.rows(List.of(image), 100).getLast())
        .containsExactly("hello", "python3 hello.py", "/srv");
  }
}
