package dev.bellows.it;

import dev.bellows.it.contract.RealControlPlane;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * etcd, kube-apiserver, kube-controller-manager and kube-scheduler, a node of ours, and on it what
 * {@code deploy/} installs: the parts are pods, with the arguments, variables, probes, accounts and
 * rights that their manifests give them. The images' names stand for the command line as it was
 * built. What the node lacks, the image says and not the manifests: Services are looked up in their
 * Endpoints, and the API server is dialled where it listens.
 */
final class InstalledSystem implements TestedSystem {
  static final Path DEPLOY = Path.of("").toAbsolutePath().resolveSibling("deploy");

  /** Some user who is not root; every Linux has this one. */
  private static final String USER = "nobody";

  private final RealControlPlane cluster;
  private final JoinedNodeProcess node;
  private final Path libraries;

  private InstalledSystem(RealControlPlane cluster, JoinedNodeProcess node, Path libraries) {
    this.cluster = cluster;
    this.node = node;
    this.libraries = libraries;
  }

  /** A cluster with a node that has the images; nothing is installed. */
  static InstalledSystem start(Path directory) throws IOException {
    Command.require("kubectl");
    Command.require("python3");
    Command.requireRoot(); // tokens are mounted, and the parts run as somebody else
    RealControlPlane cluster = RealControlPlane.startOrSkip("installing on a real control plane");
    Path libraries = readableLibraries();
    JoinedNodeProcess node =
        JoinedNodeProcess.start(cluster, directory.resolve("node"), libraries, "--run-as", USER);
    InstalledSystem system = new InstalledSystem(cluster, node, libraries);
    try {
      List<String> add = new ArrayList<>(List.of("image", "add", "--at-pod-ip"));
      add.addAll(List.of("--env", "BELLOWS_SERVICES=endpoints"));
      add.addAll(List.of("--env", "KUBERNETES_SERVICE_HOST=127.0.0.1"));
      add.addAll(List.of("--env", "KUBERNETES_SERVICE_PORT=" + cluster.apiPort()));
      add.addAll(List.of("dev.local/bellows", "--"));
      add.addAll(BellowsProcess.words(libraries));
      // Where a program starts is where it was added.
      node.bellowsCommand(add.toArray(String[]::new)).in(libraries).run().succeeded();
      Path program = libraries.resolveSibling("log_ids.py");
      Files.copy(OneProcess.PROGRAM, program);
      node.bellowsCommand("image", "add", "dev.local/ids", "--", "python3", program.toString())
          .in(libraries)
          .run()
          .succeeded();
      return system;
    } catch (IOException | RuntimeException | AssertionError e) {
      system.close();
      throw e;
    }
  }

  /**
   * Where another user can read them, and not below /tmp, which the parts have one of their own.
   */
  private static Path readableLibraries() throws IOException {
    Path home = Files.createTempDirectory(Path.of("/var/tmp"), "bellows-it");
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path libraries = Files.createDirectory(home.resolve("lib"));
    try (Stream<Path> files = Files.list(BellowsProcess.LIBRARIES)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".jar")).toList()) {
        Files.copy(file, libraries.resolve(file.getFileName()));
      }
    }
    return libraries;
  }

  RealControlPlane cluster() {
    return cluster;
  }

  @Override
  public String image() {
    return "dev.local/ids";
  }

  /** The gateway's pod: nobody hands out addresses for its LoadBalancer here. */
  @Override
  public URI gateway() {
    String pod =
        kubectl(
                "get",
                "pods",
                "--namespace=knative-serving",
                "--selector=app=gateway",
                "--output=jsonpath={.items[0].status.podIP}")
            .succeeded()
            .output();
    return URI.create("http://" + pod + ":8080");
  }

  @Override
  public Command.Result kubectl(String... arguments) {
    return node.kubectl(arguments);
  }

  @Override
  public void close() throws IOException {
    try (cluster) {
      node.close();
    } finally {
      try (Stream<Path> files = Files.walk(libraries.getParent())) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
