package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.Crds;
import dev.bellows.api.config.DefaultConfigMaps;
import dev.bellows.it.contract.RealControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * etcd, kube-apiserver, kube-controller-manager and kube-scheduler, a node of ours under a node's
 * own rights, and control plane, autoscaler, activator and gateway as processes, each under the
 * rights of its account.
 */
final class RealSystem implements TestedSystem {
  private static final String SYSTEM = "knative-serving";

  /** Not where queue-proxies listen: outside of pods, a part has all addresses of the machine. */
  private static final int ACTIVATOR_PORT = 18_012;

  private static final int AUTOSCALER_PORT = 18_080;
  private static final List<String> ROLES =
      List.of("control-plane", "autoscaler", "activator", "gateway");

  private final Path directory;
  private final RealControlPlane cluster;
  private final JoinedNodeProcess node;
  private final int gatewayPort;
  private final List<Process> roles = new ArrayList<>();

  private RealSystem(
      Path directory, RealControlPlane cluster, JoinedNodeProcess node, int gatewayPort) {
    this.directory = directory;
    this.cluster = cluster;
    this.node = node;
    this.gatewayPort = gatewayPort;
  }

  static RealSystem start(Path directory) throws IOException {
    Command.require("python3");
    RealControlPlane cluster =
        RealControlPlane.startOrSkip("the scenarios on a real control plane");
    JoinedNodeProcess node = JoinedNodeProcess.start(cluster, directory.resolve("node"));
    int gatewayPort;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      gatewayPort = free.getLocalPort();
    }
    RealSystem system = new RealSystem(directory, cluster, node, gatewayPort);
    try {
      node.bellows("image", "add", "dev.local/ids", "--", "python3", OneProcess.PROGRAM.toString())
          .succeeded();
      system.install();
      Map<String, Process> starting = new LinkedHashMap<>();
      for (String role : ROLES) {
        starting.put(role, system.launch(role));
      }
      for (Map.Entry<String, Process> each : starting.entrySet()) {
        system.awaitReady(each.getKey(), each.getValue());
      }
      return system;
    } catch (IOException | RuntimeException | AssertionError e) {
      system.close();
      throw e;
    }
  }

  /** What an administrator applies before the parts are started. */
  private void install() throws IOException {
    Config config = Config.fromKubeconfig(cluster.kubeconfig());
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      Path crds = directory.resolve("crds.yaml");
      StringBuilder documents = new StringBuilder();
      Crds.all().forEach(crd -> documents.append("---\n").append(crd).append('\n'));
      Files.writeString(crds, documents.toString());
      kubectl("apply", "--server-side", "-f", crds.toString()).succeeded();
      kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s").succeeded();
      client
          .resource(new NamespaceBuilder().withNewMetadata().withName(SYSTEM).endMetadata().build())
          .create();
      for (ConfigMap configMap : DefaultConfigMaps.all()) {
        if (configMap.getMetadata().getName().equals("config-autoscaler")) {
          configMap.setData(Map.of("stable-window", "6s", "scale-to-zero-grace-period", "6s"));
        }
        client.resource(configMap).inNamespace(SYSTEM).create();
      }
      leadsTo(client, "activator-service", 80, ACTIVATOR_PORT);
      leadsTo(client, "autoscaler", AUTOSCALER_PORT, AUTOSCALER_PORT);
      try (InputStream accounts =
          Objects.requireNonNull(
              RealSystem.class.getResourceAsStream("/dev/bellows/app/wiring/roles.yaml"))) {
        for (HasMetadata object : client.load(accounts).items()) {
          client.resource(object).create();
        }
      }
      for (String role : ROLES) {
        String token =
            client
                .serviceAccounts()
                .inNamespace(SYSTEM)
                .withName(role)
                .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
                .getStatus()
                .getToken();
        Files.writeString(directory.resolve(role + ".kubeconfig"), cluster.kubeconfig(token));
      }
    }
  }

  /** A Service of a part that runs outside of pods. */
  private void leadsTo(KubernetesClient client, String name, int port, int targetPort) {
    client
        .resource(
            new ServiceBuilder()
                .withNewMetadata()
                .withNamespace(SYSTEM)
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .addNewPort()
                .withName("http")
                .withPort(port)
                .withNewTargetPort(targetPort)
                .endPort()
                .endSpec()
                .build())
        .create();
    client
        .resource(
            new EndpointsBuilder()
                .withNewMetadata()
                .withNamespace(SYSTEM)
                .withName(name)
                .endMetadata()
                .addNewSubset()
                .addNewAddress()
                .withIp(node.nodeIp())
                .endAddress()
                .addNewPort(null, "http", targetPort, "TCP")
                .endSubset()
                .build())
        .create();
  }

  private Process launch(String role) throws IOException {
    List<String> words =
        new ArrayList<>(List.of(role, "--services", "endpoints", "--metrics-port", "0"));
    words.addAll(List.of("--kubeconfig", directory.resolve(role + ".kubeconfig").toString()));
    words.addAll(
        switch (role) {
          case "gateway" ->
              List.of("--port", "" + gatewayPort, "--health-port", "0", "--lame-duck", "0");
          case "activator" ->
              List.of(
                  "--port",
                  "" + ACTIVATOR_PORT,
                  "--h2c-port",
                  "0",
                  "--tls-port",
                  "0",
                  "--lame-duck",
                  "0");
          case "control-plane" -> List.of("--health-port", "0", "--http-port", "" + gatewayPort);
          default -> List.of("--port", "" + AUTOSCALER_PORT);
        });
    ProcessBuilder process = new ProcessBuilder(BellowsProcess.words(words.toArray(String[]::new)));
    process
        .environment()
        .putAll(
            Map.of(
                "POD_NAME",
                role + "-0",
                "POD_IP",
                role.equals("gateway") ? "" : node.nodeIp(),
                "SYSTEM_NAMESPACE",
                SYSTEM));
    process.redirectError(directory.resolve(role + ".err").toFile());
    Process started = process.start();
    roles.add(started);
    return started;
  }

  private void awaitReady(String role, Process process) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    assertThat(lines.readLine())
        .as("%s said: %s", role, Files.readString(directory.resolve(role + ".err")))
        .startsWith("Bellows " + role + " is ready");
  }

  @Override
  public String image() {
    return "dev.local/ids";
  }

  @Override
  public URI gateway() {
    return URI.create("http://127.0.0.1:" + gatewayPort);
  }

  @Override
  public Command.Result kubectl(String... arguments) {
    return node.kubectl(arguments);
  }

  @Override
  public void close() throws IOException {
    roles.forEach(Process::destroyForcibly);
    try {
      for (Process role : roles) {
        role.waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (cluster) {
      node.close();
    }
  }
}
