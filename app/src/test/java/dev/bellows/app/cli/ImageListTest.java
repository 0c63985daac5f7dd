package dev.bellows.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.embedded.image.Image;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ImageListTest {
  @Test
  void aProgramReadsTheImagesAsOneLineOfJsonWithoutTheirVariables() {
    assertThat(
            ImageCommand.Show.asJson(
                List.of(
                    new Image(
                        "a",
                        List.of("./a", "two words"),
                        Map.of("PASSWORD", "x"),
                        Optional.empty()),
                    new Image("b:v1", List.of("b"), Map.of(), Optional.of(Path.of("/srv"))))))
        .isEqualTo(
            "[{\"name\":\"a\",\"command\":[\"./a\",\"two words\"]},"
                + "{\"name\":\"b:v1\",\"command\":[\"b\"],\"workingDir\":\"/srv\"}]");
  }
}
