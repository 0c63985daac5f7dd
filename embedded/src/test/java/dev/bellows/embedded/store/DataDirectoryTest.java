package dev.bellows.embedded.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  @TempDir Path home;

  @Test
  void isMadeForItsOwnerAlone() throws Exception {
    try (DataDirectory directory = DataDirectory.claim(home.resolve("new/er"))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.path())))
          .isEqualTo("rwx------");
    }
  }

  /** Whoever may write there may say which program an image name stands for. */
  @Test
  void oneThatAnyoneMayWriteToIsRefused() throws Exception {
    Path open = Files.createDirectory(home.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> DataDirectory.claim(open))
        .isInstanceOf(StoreException.Exposed.class)
        .hasMessageContaining("can be written by anyone")
        .hasMessageContaining("chmod go-w " + open);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxr-x"));
    DataDirectory.claim(open).close();
  }

  @Test
  void whatCannotBeADirectoryIsToldInOneLine() throws Exception {
    Path file = Files.createFile(home.resolve("file"));
    for (Path each : new Path[] {file, file.resolve("below")}) {
      assertThatThrownBy(() -> DataDirectory.claim(each))
          .isInstanceOf(StoreException.Unusable.class)
          .hasMessageStartingWith("cannot use data directory " + each + ": " + file)
          .hasMessageEndingWith("; choose another directory")
          .hasMessageNotContaining("Exception");
    }
  }

  @Test
  void aSecondClaimNamesTheHolder() throws Exception {
    ForkedJvm holder = ForkedJvm.start(Holder.class, home.toString());
    try (BufferedReader said = holder.output()) {
      assertThat(said.readLine()).isEqualTo("held");

      assertThatThrownBy(() -> DataDirectory.claim(home))
          .isInstanceOf(StoreException.InUse.class)
          .hasMessageContaining(home.toString())
          .hasMessageContaining("process " + holder.pid())
          .hasMessageContaining("java");
    } finally {
      holder.kill();
    }

    DataDirectory.claim(home).close();
  }

  @Test
  void aSecondClaimInTheSameProcessIsRefusedToo() {
    try (DataDirectory first = DataDirectory.claim(home)) {
      assertThatThrownBy(() -> DataDirectory.claim(first.path()))
          .isInstanceOf(StoreException.InUse.class)
          .hasMessageContaining("this process");
    }
  }

  /** Holds a directory until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      DataDirectory directory = DataDirectory.claim(Path.of(arguments[0]));
      System.out.println("held");
      System.in.read();
      directory.close();
    }
  }
}
