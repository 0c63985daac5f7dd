package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An embedded cluster, and its parts as processes beside it. */
final class SplitSystem implements AutoCloseable {
  private static final List<String> ROLES =
      List.of("control-plane", "autoscaler", "activator", "gateway");

  private final Path directory;
  private final int gatewayPort;
  private final BellowsProcess bellows;
  private final KubernetesClient client;
  private final String nodeIp;
  private final Map<String, Process> roles = new HashMap<>();

  private SplitSystem(Path directory, int gatewayPort) throws IOException {
    this.directory = directory;
    this.gatewayPort = gatewayPort;
    this.bellows =
        BellowsProcess.start(
            directory.resolve("data"), gatewayPort, "--without", String.join(",", ROLES));
    this.client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(Files.readString(bellows.kubeconfig())))
            .build();
    this.nodeIp =
        client
            .endpoints()
            .inNamespace("knative-serving")
            .withName("autoscaler")
            .get()
            .getSubsets()
            .getFirst()
            .getAddresses()
            .getFirst()
            .getIp();
  }

  /** Starts everything; returns once every role says that it is ready. */
  static SplitSystem start(Path directory) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    SplitSystem system = new SplitSystem(directory, port);
    try {
      system.settle();
      Map<String, Process> starting = new HashMap<>();
      for (String role : ROLES) {
        starting.put(role, system.launch(role));
      }
      starting.forEach(system::awaitReady);
    } catch (IOException | RuntimeException | AssertionError e) {
      system.close();
      throw e;
    }
    return system;
  }

  /** Lets everything start at zero, and go back there as soon as is allowed. */
  private void settle() {
    client
        .configMaps()
        .inNamespace("knative-serving")
        .withName("config-autoscaler")
        .edit(map -> {
          Map<String, String> data = new HashMap<>(Map.of("stable-window", "6s"));
          data.put("scale-to-zero-grace-period", "6s");
          data.put("allow-zero-initial-scale", "true");
          map.setData(data);
          return map;
        });
  }

  BellowsProcess bellows() {
    return bellows;
  }

  /** With the owner's rights. */
  KubernetesClient client() {
    return client;
  }

  /** Starts a role and returns once it says that it is ready. */
  void run(String role) throws IOException {
    awaitReady(role, launch(role));
  }

  private Process launch(String role) throws IOException {
    List<String> words =
        List.of(
            "--services",
            "endpoints",
            "--kubeconfig",
            directory.resolve("data/kubeconfigs").resolve(role).toString());
    List<String> own =
        switch (role) {
          case "gateway" ->
              List.of("--port", "" + gatewayPort, "--health-port", "0", "--lame-duck", "0");
          case "activator" -> List.of("--lame-duck", "0");
          case "control-plane" -> List.of("--health-port", "0");
          default -> List.of();
        };
    ProcessBuilder process =
        new ProcessBuilder(
            bellows.command(
                Stream.of(List.of(role), words, own).flatMap(List::stream).toArray(String[]::new)));
    process
        .environment()
        .putAll(
            Map.of(
                "POD_NAME",
                role + "-0",
                "POD_IP",
                role.equals("gateway") ? "" : nodeIp,
                "SYSTEM_NAMESPACE",
                "knative-serving"));
    process.redirectError(
        ProcessBuilder.Redirect.appendTo(directory.resolve(role + ".err").toFile()));
    Process started = process.start();
    roles.put(role, started);
    return started;
  }

  private void awaitReady(String role, Process process) {
    try {
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      String line = lines.readLine();
      assertThat(line)
          .as("%s said: %s", role, Files.readString(directory.resolve(role + ".err")))
          .startsWith("Bellows " + role + " is ready");
    } catch (IOException e) {
      throw new UncheckedIOException("reading what " + role + " says", e);
    }
  }

  /** What a role has written to standard error so far, up to the last whole line. */
  String log(String role) throws IOException {
    String text = Files.readString(directory.resolve(role + ".err"));
    return text.substring(0, text.lastIndexOf('\n') + 1);
  }

  /** Ends a role as a power cut would. */
  void kill(String role) throws InterruptedException {
    Process process = roles.get(role);
    process.destroyForcibly();
    process.waitFor(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    roles.values().forEach(Process::destroyForcibly);
    client.close();
    bellows.close();
  }
}
