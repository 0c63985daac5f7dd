package dev.bellows.app.cli;

import dev.bellows.api.admission.DnsNames;
import dev.bellows.app.wiring.JoinedNode;
import dev.bellows.app.wiring.Settings;
import dev.bellows.embedded.apiserver.KubeletServer;
import dev.bellows.embedded.runtime.process.Account;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bellows kubelet}: this machine as a node of any cluster, until it is told to stop. */
@Command(
    name = "kubelet",
    description = {
      "Join a Kubernetes cluster as a node: pods that it places here run as programs of this"
          + " machine.",
      "An image name is a program that `bellows image add` has named; nothing is pulled."
    },
    mixinStandardHelpOptions = true)
final class KubeletCommand implements Callable<Integer> {
  @Mixin private DataDirectory dataDirectory = new DataDirectory();

  @Option(
      names = "--kubeconfig",
      required = true,
      paramLabel = "FILE",
      description = "how to reach the cluster, as a node's account or an administrator's")
  private Path kubeconfig = Path.of("");

  @Option(
      names = "--node-name",
      required = true,
      paramLabel = "NAME",
      description = "what the cluster calls this machine")
  private String nodeName = "";

  @Option(
      names = "--pod-cidr",
      required = true,
      paramLabel = "CIDR",
      description =
          "addresses for pods, such as 10.244.7.0/24, that nobody else has; root is needed once,"
              + " to route them to this machine")
  private String podCidr = "";

  @Option(
      names = "--node-ip",
      paramLabel = "IP",
      description = "where the API server reaches this machine (default: the first of --pod-cidr)")
  private Optional<String> nodeIp = Optional.empty();

  @Option(
      names = "--kubelet-port",
      paramLabel = "PORT",
      description = "where the API server asks for logs (default: 10250)")
  private int port = KubeletServer.PORT;

  @Option(
      names = "--client-ca-file",
      paramLabel = "FILE",
      description =
          "who vouches for those who ask for logs (default: the cluster's client authority)")
  private Optional<Path> clientCa = Optional.empty();

  @Option(
      names = "--runtime",
      paramLabel = "RUNTIME",
      description = "what runs a pod's containers: ${COMPLETION-CANDIDATES} (default: process)")
  private Settings.ContainerRuntime runtime = Settings.ContainerRuntime.process;

  @Option(
      names = "--run-as",
      paramLabel = "USER",
      description = "the user whom programs run as, if you are root (default: you)")
  private Optional<String> runAs = Optional.empty();

  @Override
  public Integer call() throws InterruptedException {
    if (!Files.isReadable(kubeconfig)) {
      throw UserError.wrongWords("--kubeconfig " + kubeconfig + " cannot be read");
    }
    if (!DnsNames.subdomain1123(nodeName).isEmpty()) {
      throw UserError.wrongWords(
          "--node-name '" + nodeName + "' is no name: lower case letters, digits, '-' and '.'");
    }
    Optional<Account> account = runAs.map(UpCommand::account);
    JoinedNode node = join(account);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  System.err.println("Stopping: programs get 3 s ...");
                  node.close();
                  stopped.countDown();
                },
                "stop"));
    System.out.printf(
        "Node %s has joined. Ctrl-C ends it.%n  in force    %s%n", nodeName, node.inForce());
    System.out.flush();
    stopped.await();
    return 0;
  }

  private JoinedNode join(Optional<Account> account) {
    try {
      return JoinedNode.start(
          new JoinedNode.Settings(
              kubeconfig,
              nodeName,
              dataDirectory.path(),
              podCidr,
              nodeIp,
              port,
              clientCa,
              runtime,
              account));
    } catch (IllegalArgumentException e) {
      throw UserError.wrongWords("--pod-cidr: " + e.getMessage());
    } catch (IOException | KubernetesClientException e) {
      throw new UserError("node " + nodeName + " cannot join: " + e.getMessage());
    }
  }
}
