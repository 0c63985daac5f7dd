package dev.bellows.it;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** {@code bellows up}. */
record OneProcess(BellowsProcess bellows, String image) implements TestedSystem {
  static final Path PROGRAM = Path.of("src/test/programs/log_ids.py").toAbsolutePath();
  private static final Path IMAGE_SCRIPT =
      Path.of("src/test/programs/ids-image.sh").toAbsolutePath();

  static OneProcess ofPrograms(Path directory) throws IOException {
    Command.require("python3");
    BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"));
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
