package dev.bellows.embedded.runtime.process;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Tests that need root's rights: skipped elsewhere, aloud, and never skipped where CI runs. */
public final class Root {
  private Root() {}

  /** Skips the test that calls it unless it may make namespaces and mounts. */
  public static void assume() {
    if ("true".equals(System.getenv("CI"))) {
      return;
    }
    assumeTrue(isRoot(), "needs root's rights: namespaces, mounts, users");
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (java.io.IOException e) {
      return false;
    }
  }
}
