package dev.bellows.embedded.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageRegistryTest {
  @TempDir Path home;
  private ImageRegistry registry;

  @BeforeEach
  void open() {
    registry = another();
  }

  private ImageRegistry another() {
    return new ImageRegistry(home, new BuiltInImages(home.resolve("cache")));
  }

  private static Image image(String name, String program) {
    return new Image(name, List.of(program), Map.of(), Optional.empty());
  }

  private String program(String reference) throws ImageUnavailableException {
    return registry.resolve(reference).command().getFirst();
  }

  @ParameterizedTest
  @CsvSource({
    "hello, docker.io/library/hello, ''",
    "hello:v1, docker.io/library/hello, v1",
    "acme/hello, docker.io/acme/hello, ''",
    "docker.io/hello, docker.io/library/hello, ''",
    "index.docker.io/acme/hello:v1, docker.io/acme/hello, v1",
    "index.docker.io/hello, docker.io/library/hello, ''",
    "localhost/hello, localhost/hello, ''",
    "localhost:5000/hello:v1, localhost:5000/hello, v1",
    "dev.local/a/b.c_d-e, dev.local/a/b.c_d-e, ''",
  })
  void namesAreCompletedAsDockerDoes(String reference, String repository, String tag) {
    assertThat(ImageName.parse(reference)).isEqualTo(new ImageName(repository, tag, ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":", "a:", "/a", "a//b", "a b", "../a", "a/../b", "a:t:u", "$(id)", "a\nb"})
  void whatIsNoNameIsRefused(String reference) {
    assertThatThrownBy(() -> ImageName.parse(reference))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("invalid image name '" + reference + "'");
  }

  @Test
  void addingTellsWhatTheNameStoodFor() {
    assertThat(registry.add(image("hello", "./one"))).isEmpty();
    assertThat(registry.add(image("hello", "./two")).orElseThrow().command())
        .containsExactly("./one");
  }

  /** Whoever could add it would be refused by admission later, far from here. */
  @Test
  void aNameThatNoManifestMayUseIsRefused() {
    assertThatThrownBy(() -> registry.add(image("a", "./hello")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("invalid image name 'a'");
  }

  @Test
  void anImageIsFoundUnderEveryFormOfItsName() throws Exception {
    registry.add(image("hello", "./hello"));
    for (String reference :
        List.of(
            "hello",
            "hello:latest",
            "hello:v1",
            "docker.io/library/hello",
            "index.docker.io/library/hello@sha256:0123")) {
      assertThat(program(reference)).isEqualTo("./hello");
    }
  }

  @Test
  void aTagOfItsOwnWinsAndStandsForNoOther() throws Exception {
    registry.add(image("hello:v1", "./one"));
    assertThat(program("hello:v1")).isEqualTo("./one");
    assertThatThrownBy(() -> program("hello:v2")).isInstanceOf(ImageUnavailableException.class);
    registry.add(image("hello", "./any"));
    assertThat(program("hello:v1")).isEqualTo("./one");
    assertThat(program("hello:v2")).isEqualTo("./any");
  }

  @Test
  void anUnknownOneSaysWhatToDo() {
    assertThatThrownBy(() -> program("ghcr.io/acme/shop:v1"))
        .hasMessage(
            "image \"ghcr.io/acme/shop:v1\" is not in the local image registry: run `bellows"
                + " image add ghcr.io/acme/shop:v1 -- COMMAND`");
  }

  @Test
  void whatOneProcessAddsTheOtherSeesAndARestartKeeps() throws Exception {
    assertThatThrownBy(() -> program("hello")).isInstanceOf(ImageUnavailableException.class);
    another()
        .add(
            new Image(
                "hello",
                List.of("python3", "app.py"),
                Map.of("COLOR", "blue"),
                Optional.of(Path.of("/srv/hello"))));
    assertThat(registry.resolve("hello"))
        .isEqualTo(
            new Image(
                "hello",
                List.of("python3", "app.py"),
                Map.of("COLOR", "blue"),
                Optional.of(Path.of("/srv/hello"))));
    assertThat(another().remove("docker.io/library/hello")).isTrue();
    assertThat(another().remove("hello")).isFalse();
    assertThatThrownBy(() -> program("hello")).isInstanceOf(ImageUnavailableException.class);
  }

  @Test
  void builtInImagesAreThereAndCanBeReplaced() throws Exception {
    assertThat(registry.list())
        .extracting(Image::name)
        .containsExactly(BuiltInImages.AUTOSCALE, BuiltInImages.HELLO_WORLD);
    assertThat(program("dev.local/autoscale:anything")).endsWith("/bin/java");
    registry.add(image("dev.local/autoscale", "./mine"));
    assertThat(program("dev.local/autoscale")).isEqualTo("./mine");
    assertThat(registry.list()).hasSize(2);
  }

  /** Whoever adds the first image makes the data directory, and variables may be secrets. */
  @Test
  void whatAnImageIsToldStaysWithItsOwner() throws Exception {
    Path fresh = home.resolve("not/yet");
    new ImageRegistry(fresh, new BuiltInImages(home.resolve("cache")))
        .add(new Image("hello", List.of("./hello"), Map.of("PASSWORD", "x"), Optional.empty()));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fresh)))
        .isEqualTo("rwx------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(fresh.resolve("images.json"))))
        .isEqualTo("rw-------");
  }

  @Test
  void aDigestCannotBeAdded() {
    assertThatThrownBy(() -> registry.add(image("hello@sha256:0123", "./hello")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("leave out '@sha256:0123'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"images\": [",
        "{\"images\": [{\"name\": \"hello\"}]}",
        "{\"images\": [{\"name\": \"a b\", \"command\": [\"./hello\"]}]}",
        "{\"images\": [{\"name\": \"hello\", \"command\": []}]}",
        "{\"images\": [{\"name\": \"hello\", \"command\": {\"a\": 1}}]}",
      })
  void aBrokenFileIsNamedInOneLineAndWhatWasKnownStays(String broken) throws Exception {
    registry.add(image("hello", "./hello"));
    assertThat(program("hello")).isEqualTo("./hello");
    Path file = home.resolve("images.json");
    String good = Files.readString(file);
    Files.writeString(file, broken);

    assertThat(program("hello")).isEqualTo("./hello");
    String told = "cannot read the images in " + file + ": ";
    assertThatThrownBy(() -> program("other"))
        .isInstanceOf(ImageUnavailableException.class)
        .hasMessageStartingWith("image \"other\" is not known: " + told)
        .hasMessageNotContaining("\n");
    assertThatThrownBy(() -> another().list()).cause().hasMessageStartingWith(told);
    assertThatThrownBy(() -> another().add(image("other", "./other")))
        .cause()
        .hasMessageStartingWith(told);
    assertThat(file).hasContent(broken);

    Files.writeString(file, good.replace("./hello", "./mended"));
    assertThat(program("hello")).isEqualTo("./mended");
    Files.writeString(file, broken);
    assertThat(program("hello")).isEqualTo("./mended");
    Files.delete(file);
    assertThatThrownBy(() -> program("hello"))
        .hasMessageContaining("is not in the local image registry");
  }
}
