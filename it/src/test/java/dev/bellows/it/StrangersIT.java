package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other users of the machine, and other machines, get to see and to say. */
@BesideOthers
class StrangersIT {
  /** Nothing of what they hold is secret: a pid, a network, nothing. */
  private static final Set<String> PUBLIC = Set.of("lock", "images.lock", "network.json");

  private static final Set<PosixFilePermission> OTHERS =
      PosixFilePermissions.fromString("---rwxrwx");

  @TempDir static Path directory;
  private static Path data;
  private static BellowsProcess bellows;
  private static final Service HELLO = Service.of("hello", "test.local/hello", "min-scale: \"1\"");

  @BeforeAll
  static void start() throws IOException {
    Command.require("kubectl");
    // Made by a person, as open as umasks make it.
    data = Files.createDirectory(directory.resolve("data"));
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    bellows = BellowsProcess.start(data);
    bellows
        .bellows(
            "image",
            "add",
            "--env",
            "PASSWORD=x",
            "test.local/hello",
            "--",
            "python3",
            Path.of("../examples/programs/hello.py").toAbsolutePath().normalize().toString())
        .succeeded();
    HELLO.applyAndAwaitReady(bellows, directory);
  }

  @AfterAll
  static void stop() {
    if (bellows != null) {
      bellows.close();
    }
  }

  @Test
  void otherUsersReadNothingOfTheDataDirectory() throws IOException {
    Set<String> open = new TreeSet<>();
    Set<String> there = new TreeSet<>();
    try (Stream<Path> inside = Files.list(data)) {
      for (Path each : inside.toList()) {
        there.add(each.getFileName().toString());
        if (Files.getPosixFilePermissions(each).stream().anyMatch(OTHERS::contains)) {
          open.add(each.getFileName().toString());
        }
      }
    }
    assertThat(there).contains("state.db", "kubeconfig", "pki", "images.json", "logs", "runtime");
    assertThat(open).isSubsetOf(PUBLIC);
  }

  @Test
  void nothingListensWhereOtherMachinesReachIt() throws IOException {
    Set<String> listening = new TreeSet<>();
    String ours = "socket:\\[(\\d+)]";
    Set<String> inodes = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("/proc/" + bellows.handle().pid() + "/fd"))) {
      for (Path each : files.toList()) {
        String target = Files.isSymbolicLink(each) ? readLink(each) : "";
        if (target.matches(ours)) {
          inodes.add(target.replaceAll(ours, "$1"));
        }
      }
    }
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      for (String line : Files.readAllLines(Path.of("/proc/net/" + table))) {
        String[] words = line.strip().split("\\s+", -1);
        boolean listens = words.length > 9 && (words[3].equals("0A") || table.startsWith("udp"));
        if (listens && inodes.contains(words[9])) {
          listening.add(words[1].substring(0, words[1].indexOf(':')));
        }
      }
    }
    // 127.x.y.z, in the kernel's order of octets, as itself or within IPv6.
    assertThat(listening).isNotEmpty().allMatch(address -> address.endsWith("7F"));
  }

  private static String readLink(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return ""; // closed in between
    }
  }

  @Test
  void theApiTellsNothingWithoutAToken() {
    String server =
        bellows
            .kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
            .succeeded()
            .output();
    for (String path : List.of("/api", "/api/v1/secrets", "/openapi/v3", "/metrics")) {
      Command.Result answer =
          Command.of("curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", server + path).run();
      assertThat(answer.output()).as(path).isEqualTo("403");
    }
    assertThat(URI.create(server).getHost()).isEqualTo("127.0.0.1");
  }

  @Test
  void anOpenDataDirectoryIsRefused() throws IOException {
    Path open = Files.createDirectory(directory.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    Command.Result refused =
        Command.of(
                bellows.command(
                    "up", "--data-dir", open.toString(), "--port", "0", "--api-port", "0"))
            .run();
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.output()).contains("chmod go-w " + open).doesNotContain("\tat ");
  }
}
