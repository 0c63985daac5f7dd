package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import dev.bellows.embedded.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file system that is really full: a small one of memory, which only root can mount. */
class FullDiskTest {
  private static final int DISK_MIB = 6;
  private static final String FILLING = "x".repeat(100 << 10);

  @TempDir private Path home;
  private Path disk;
  private boolean mounted;
  private DataDirectory directory;
  private ObjectStore store;
  private Registry registry;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(home.resolve("disk"));
    mounted = run("mount", "-t", "tmpfs", "-o", "size=" + DISK_MIB + "m", "tmpfs", disk.toString());
    if (!mounted) {
      System.out.println("SKIPPED: a file system to fill can be mounted by root alone");
      Assumptions.abort("cannot mount");
    }
    open();
    ObjectNode namespace = Json.object();
    namespace.putObject("metadata").put("name", "default");
    registry.create(ResourceTypes.NAMESPACES, namespace);
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  private void open() {
    directory = DataDirectory.claim(disk.resolve("data"));
    store = ObjectStore.open(directory);
    registry = Registry.open(store, InstantSource.system(), List.of());
  }

  private void shut() {
    store.close();
    directory.close();
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      shut();
      assertThat(run("umount", disk.toString())).isTrue();
    }
  }

  @Test
  void theWriterIsToldNothingIsLostAndItGoesOnWhenThereIsRoom() throws IOException {
    Path filler = Files.write(disk.resolve("filler"), new byte[(DISK_MIB - 3) << 20]);
    List<String> acknowledged = new ArrayList<>();
    Optional<ApiException> refusal = Optional.empty();
    for (int i = 0; refusal.isEmpty(); i++) {
      refusal = create("c" + i);
      if (refusal.isEmpty()) {
        acknowledged.add("c" + i);
      }
      assertThat(i).as("writes to a disk of %d MiB", DISK_MIB).isLessThan(DISK_MIB * 10);
    }
    assertThat(refusal.get().code()).isEqualTo(507);
    assertThat(refusal.get().reason()).isEqualTo("InsufficientStorage");
    assertThat(refusal.get()).hasMessage("no space left for the object store");
    assertThat(names()).containsExactlyInAnyOrderElementsOf(acknowledged);

    Files.delete(filler);

    assertThat(create("afterwards")).isEmpty();
    acknowledged.add("afterwards");
    shut();
    open();
    assertThat(names()).containsExactlyInAnyOrderElementsOf(acknowledged);
  }

  @Test
  void aDiskThatIsFullAtTheStartLosesNothingEither() throws IOException {
    assertThat(create("before")).isEmpty();
    shut();
    Path filler = disk.resolve("filler");
    byte[] page = new byte[4096];
    try (var out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(page);
      }
    } catch (IOException full) {
      assertThat(full).hasMessageContaining("No space left");
    }
    try {
      open();
      assertThat(names()).containsExactly("before");
      assertThat(create("refused")).isPresent();
      shut();
    } catch (StoreException refused) {
      assertThat(refused.getMessage()).contains(disk.toString());
      directory.close();
    }
    Files.delete(filler);

    open();
    assertThat(names()).containsExactly("before");
    assertThat(create("afterwards")).isEmpty();
  }

  private Optional<ApiException> create(String name) {
    ObjectNode object = Json.object();
    object.putObject("metadata").put("name", name).put("namespace", "default");
    object.putObject("data").put("filling", FILLING);
    try {
      registry.create(ResourceTypes.CONFIG_MAPS, object);
      return Optional.empty();
    } catch (ApiException e) {
      return Optional.of(e);
    }
  }

  private List<String> names() {
    return registry.list(ResourceTypes.CONFIG_MAPS, "default").items().stream()
        .map(each -> each.path("metadata").path("name").asText())
        .toList();
  }
}
