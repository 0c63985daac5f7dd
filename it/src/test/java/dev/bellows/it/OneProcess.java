package dev.bellows.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** {@code bellows up}. */
record OneProcess(BellowsProcess bellows, String image) implements TestedSystem {
  static final Path PROGRAM = Path.of("src/test/programs/log_ids.py").toAbsolutePath();
  private static final Path IMAGE_SCRIPT =
      Path.of("src/test/programs/ids-image.sh").toAbsolutePath();

  /** Whom it runs as that may do nothing: the user that every Linux has for that. */
  private static final String NOBODY = "65534";

  /** As whoever runs the tests, or as nobody if that is root. */
  static OneProcess unprivileged(Path directory) throws IOException {
    Command.require("python3");
    Path data = Files.createDirectory(directory.resolve("data"));
    if (!isRoot()) {
      return withProgram(BellowsProcess.start(data));
    }
    Command.require("setpriv");
    List<String> nobody =
        List.of(
            "env",
            "HOME=" + data,
            "setpriv",
            "--reuid=" + NOBODY,
            "--regid=" + NOBODY,
            "--clear-groups");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    Files.setAttribute(data, "unix:uid", Integer.parseInt(NOBODY));
    Files.setAttribute(data, "unix:gid", Integer.parseInt(NOBODY));
    boolean readable =
        Command.of(
                    Stream.concat(nobody.stream(), Stream.of("test", "-r", PROGRAM.toString()))
                        .toArray(String[]::new))
                .run()
                .exitCode()
            == 0;
    if (!readable) {
      System.out.println("SKIPPED: nobody but root may read " + PROGRAM);
    }
    assumeTrue(readable, "the checkout is root's alone");
    return withProgram(BellowsProcess.start(nobody, data, 0));
  }

  /** As root, each pod in a network namespace. */
  static OneProcess privileged(Path directory) throws IOException {
    Command.require("python3");
    if (!isRoot()) {
      System.out.println("SKIPPED: networks of pods' own take root's rights");
    }
    assumeTrue(isRoot(), "not root");
    return withProgram(
        BellowsProcess.start(directory.resolve("data"), 0, "--network", "namespaces"));
  }

  private static boolean isRoot() throws IOException {
    return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  private static OneProcess withProgram(BellowsProcess bellows) {
    bellows
        .bellows("image", "add", "dev.local/ids", "--", "python3", PROGRAM.toString())
        .succeeded();
    return new OneProcess(bellows, "dev.local/ids");
  }

  static OneProcess ofImages(Path directory) throws IOException {
    Command.require("podman");
    Command.require("busybox");
    String image = "localhost/bellows-ids:1";
    Command.of("sh", IMAGE_SCRIPT.toString(), image, directory.resolve("root").toString())
        .run()
        .succeeded();
    return new OneProcess(
        BellowsProcess.start(directory.resolve("data"), 0, "--runtime", "podman"), image);
  }

  @Override
  public URI gateway() {
    return bellows.gateway();
  }

  @Override
  public Command.Result kubectl(String... arguments) {
    return bellows.kubectl(arguments);
  }

  @Override
  public void close() {
    bellows.close();
  }
}
