package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.it.contract.RealControlPlane;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code bellows kubelet} as a process, a node of a real control plane. */
final class JoinedNodeProcess implements AutoCloseable {
  /**
   * The pods' addresses and the ports that parts beside them have, which tests in one JVM have one
   * after the other.
   */
  static final String NETWORK = "joined node's network";

  private final Path dataDirectory;
  private final Path kubeconfig;
  private final Process process;

  private JoinedNodeProcess(Path dataDirectory, Path kubeconfig, Process process) {
    this.dataDirectory = dataDirectory;
    this.kubeconfig = kubeconfig;
    this.process = process;
  }

  /** Joins under the rights of a node's account, and returns once the cluster knows the node. */
  static JoinedNodeProcess start(RealControlPlane cluster, Path dataDirectory) throws IOException {
    return start(cluster, dataDirectory, BellowsProcess.LIBRARIES);
  }

  /**
   * The same from libraries that lie elsewhere.
   *
   * @param further options of {@code kubelet}
   */
  static JoinedNodeProcess start(
      RealControlPlane cluster, Path dataDirectory, Path libraries, String... further)
      throws IOException {
    Files.createDirectories(dataDirectory.getParent());
    Path kubeconfig = dataDirectory.resolveSibling("admin.kubeconfig");
    Files.writeString(kubeconfig, cluster.kubeconfig());
    Path own = dataDirectory.resolveSibling("node.kubeconfig");
    Files.writeString(own, cluster.nodeKubeconfig());
    List<String> words =
        BellowsProcess.words(
            libraries,
            "kubelet",
            "--data-dir",
            dataDirectory.toString(),
            "--kubeconfig",
            own.toString(),
            "--node-name",
            RealControlPlane.NODE,
            "--client-ca-file",
            cluster.clientAuthority().toString(),
            "--pod-cidr",
            podCidr());
    words.addAll(List.of(further));
    Process process =
        new ProcessBuilder(words)
            .redirectError(dataDirectory.resolveSibling("node.err").toFile())
            .start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    assertThat(lines.readLine())
        .as("the first line of `kubelet`; standard error is in %s.err", dataDirectory)
        .isNotNull()
        .contains("has joined");
    return new JoinedNodeProcess(dataDirectory, kubeconfig, process);
  }

  // Set aside for tests by RFC 2544; the processes of one machine take different parts of it.
  private static String podCidr() {
    long pid = ProcessHandle.current().pid();
    return "198." + (18 + pid / 256 % 2) + "." + pid % 256 + ".0/24";
  }

  /** The node's address, where other parts of the system can be, too. */
  String nodeIp() {
    return podCidr().replaceFirst("0/24$", "1");
  }

  /** Runs another subcommand against this one's data directory. */
  Command.Result bellows(String... arguments) {
    return bellowsCommand(arguments).run();
  }

  /** The same, to be run by the caller. */
  Command bellowsCommand(String... arguments) {
    return Command.of(
        BellowsProcess.words(BellowsProcess.inDirectory(dataDirectory, arguments))
            .toArray(String[]::new));
  }

  /** Runs kubectl against the cluster, as its administrator. */
  Command.Result kubectl(String... arguments) {
    List<String> words = new ArrayList<>(List.of("kubectl"));
    words.addAll(List.of(arguments));
    return Command.of(words.toArray(String[]::new)).with("KUBECONFIG", kubeconfig.toString()).run();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(15, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
