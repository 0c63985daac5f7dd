package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
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
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * etcd, kube-apiserver, kube-controller-manager and kube-scheduler, a node of ours under a node's
 * own rights, and two control planes, two autoscalers, an activator and a gateway as processes,
 * each under the rights of its account, by way of a relay that can be cut.
 */
final class RealSystem implements TestedSystem {
  private static final String SYSTEM = "knative-serving";
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Of a part, until it is ready. */
  private static final int STARTS = 3;

  /** Not where queue-proxies listen: outside of pods, a part has all addresses of the machine. */
  private static final int ACTIVATOR_PORT = 18_012;

  /** How far one clock is ahead of another where they differ. */
  private static final String AHEAD = "+30s";

  /** Where autoscalers dial each other. */
  private static final int STATS_PORT = 8080;

  private static final List<String> ACCOUNTS =
      List.of("control-plane", "autoscaler", "activator", "gateway");

  private static final List<String> PARTS =
      List.of(
          "control-plane-0",
          "control-plane-1",
          "autoscaler-0",
          "autoscaler-1",
          "activator-0",
          "gateway-0");

  private final Path directory;
  private final RealControlPlane cluster;
  private final JoinedNodeProcess node;
  private final int gatewayPort;
  private final Relay api;
  private final List<Relay> stats = new ArrayList<>();
  private final KubernetesClient client;
  private final Map<String, Process> parts = new HashMap<>();
  private boolean clocksDiffer;

  private RealSystem(Path directory, RealControlPlane cluster, JoinedNodeProcess node)
      throws IOException {
    this.directory = directory;
    this.cluster = cluster;
    this.node = node;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      this.gatewayPort = free.getLocalPort();
    }
    this.api = Relay.start("127.0.0.1", 0, "127.0.0.1", cluster.apiPort());
    // The API takes no loopback address for an endpoint, and of any other a part takes them all.
    for (int i = 0; i < 2; i++) {
      stats.add(Relay.start(node.nodeIp(), 0, statsIp(i), STATS_PORT));
    }
    this.client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.kubeconfig()))
            .build();
  }

  /** What is done in the cluster before the parts are there. */
  interface Beforehand {
    void happens(RealSystem system) throws IOException;
  }

  static RealSystem start(Path directory) throws IOException {
    return start(directory, system -> {});
  }

  /**
   * Starts it.
   *
   * @param beforehand once it is installed
   */
  static RealSystem start(Path directory, Beforehand beforehand) throws IOException {
    Command.require("python3");
    RealControlPlane cluster =
        RealControlPlane.startOrSkip("a whole system on a real control plane");
    JoinedNodeProcess node = JoinedNodeProcess.start(cluster, directory.resolve("node"));
    RealSystem system = new RealSystem(directory, cluster, node);
    try {
      system.addImage("dev.local/ids");
      system.install();
      beforehand.happens(system);
      PARTS.forEach(system::launch);
      PARTS.forEach(system::awaitReady);
      return system;
    } catch (IOException | RuntimeException | AssertionError e) {
      system.close();
      throw e;
    }
  }

  /** The parts' processes. */
  Map<String, Long> pids() {
    Map<String, Long> pids = new TreeMap<>();
    parts.forEach((part, process) -> pids.put(part, process.pid()));
    return pids;
  }

  /** What CPU time the parts have had. */
  Map<String, Duration> cpu() {
    Map<String, Duration> cpu = new TreeMap<>();
    parts.forEach(
        (part, process) -> cpu.put(part, process.info().totalCpuDuration().orElse(Duration.ZERO)));
    return cpu;
  }

  /**
   * Lets the clock of every second part of a kind be {@link #AHEAD} of the others' from its next
   * start on.
   */
  void setClocksApart() {
    Command.require("faketime");
    clocksDiffer = true;
  }

  /** What the tool {@code faketime} sets: the time of day, and nothing that is waited by. */
  private static Map<String, String> aheadOfTime() {
    String library =
        Command.of("faketime", "-f", AHEAD, "printenv", "LD_PRELOAD").run().succeeded().output();
    return Map.of(
        "LD_PRELOAD",
        library.strip(),
        "FAKETIME",
        AHEAD,
        "FAKETIME_DONT_FAKE_MONOTONIC",
        "1",
        "FAKETIME_FORCE_MONOTONIC_FIX",
        "0");
  }

  /** Lets a name stand for the program that answers with ids, on the node. */
  void addImage(String name) {
    node.bellows("image", "add", name, "--", "python3", OneProcess.PROGRAM.toString()).succeeded();
  }

  /**
   * A Service of one program, with what a webhook would fill in: there is none here.
   *
   * @param annotations of its Revision, without {@code autoscaling.knative.dev/}
   */
  static String manifest(String name, String... annotations) {
    String lines =
        Stream.of(annotations)
            .map(line -> "        autoscaling.knative.dev/" + line + "\n")
            .reduce("", String::concat);
    return """
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: %s, namespace: default}
    spec:
      template:
        metadata:
          annotations:
    %s    spec:
          containerConcurrency: 0
          timeoutSeconds: 300
          enableServiceLinks: false
          containers:
          - name: user-container
            image: dev.local/autoscale
            readinessProbe: {successThreshold: 1, tcpSocket: {port: 0}}
            resources: {}
      traffic: [{latestRevision: true, percent: 100}]
    """
        .formatted(name, lines);
  }

  /** What an administrator applies before the parts are started. */
  private void install() throws IOException {
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
      switch (configMap.getMetadata().getName()) {
        case "config-autoscaler" ->
            configMap.setData(Map.of("stable-window", "6s", "scale-to-zero-grace-period", "6s"));
        case "config-leader-election" ->
            configMap.setData(
                Map.of("lease-duration", "10s", "renew-deadline", "7s", "retry-period", "2s"));
        default -> {}
      }
      client.resource(configMap).inNamespace(SYSTEM).create();
    }
    leadsTo("activator-service", 80, ACTIVATOR_PORT);
    leadsTo("autoscaler", STATS_PORT, stats.stream().map(Relay::port).toArray(Integer[]::new));
    try (InputStream accounts =
        Objects.requireNonNull(
            RealSystem.class.getResourceAsStream("/dev/bellows/app/wiring/roles.yaml"))) {
      for (HasMetadata object : client.load(accounts).items()) {
        client.resource(object).create();
      }
    }
    for (String account : ACCOUNTS) {
      String token =
          client
              .serviceAccounts()
              .inNamespace(SYSTEM)
              .withName(account)
              .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
              .getStatus()
              .getToken();
      Files.writeString(
          directory.resolve(account + ".kubeconfig"),
          cluster.kubeconfig(token).replace(":" + cluster.apiPort(), ":" + api.port()));
    }
  }

  /** A Service of a part that runs outside of pods. */
  private void leadsTo(String name, int port, Integer... targetPorts) {
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
                .withNewTargetPort(targetPorts[0])
                .endPort()
                .endSpec()
                .build())
        .create();
    EndpointsBuilder endpoints =
        new EndpointsBuilder().withNewMetadata().withNamespace(SYSTEM).withName(name).endMetadata();
    for (int targetPort : targetPorts) {
      endpoints
          .addNewSubset()
          .addNewAddress()
          .withIp(node.nodeIp())
          .endAddress()
          .addNewPort(null, "http", targetPort, "TCP")
          .endSubset();
    }
    client.resource(endpoints.build()).create();
  }

  private static String statsIp(int autoscaler) {
    return "127.0.0." + (2 + autoscaler);
  }

  private static String account(String part) {
    return part.substring(0, part.length() - 2);
  }

  private void launch(String part) {
    String account = account(part);
    int ordinal = part.charAt(part.length() - 1) - '0';
    List<String> words =
        new ArrayList<>(List.of(account, "--services", "endpoints", "--metrics-port", "0"));
    words.addAll(List.of("--kubeconfig", directory.resolve(account + ".kubeconfig").toString()));
    words.addAll(
        switch (account) {
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
          default -> List.of("--port", "" + STATS_PORT);
        });
    ProcessBuilder process = new ProcessBuilder(BellowsProcess.words(words.toArray(String[]::new)));
    process
        .environment()
        .putAll(
            Map.of(
                "POD_NAME",
                part,
                "POD_IP",
                switch (account) {
                  case "gateway" -> "";
                  case "autoscaler" -> statsIp(ordinal);
                  default -> node.nodeIp();
                },
                "SYSTEM_NAMESPACE",
                SYSTEM,
                // Each lives for minutes: what compiles best does not pay.
                "JDK_JAVA_OPTIONS",
                System.getProperty("parts.options", "-XX:TieredStopAtLevel=1")));
    if (clocksDiffer && ordinal == 1) {
      process.environment().putAll(aheadOfTime());
    }
    process.redirectError(
        ProcessBuilder.Redirect.appendTo(directory.resolve(part + ".err").toFile()));
    try {
      parts.put(part, process.start());
    } catch (IOException e) {
      throw new UncheckedIOException("starting " + part, e);
    }
  }

  /** Starts it anew, as a kubelet does, where it ends because a busy API has not answered it. */
  private void awaitReady(String part) {
    try {
      String line = firstLine(part);
      for (int start = 1; line == null && start < STARTS; start++) {
        launch(part);
        line = firstLine(part);
      }
      assertThat(line)
          .as("%s said: %s", part, Files.readString(directory.resolve(part + ".err")))
          .startsWith("Bellows " + account(part) + " is ready");
    } catch (IOException e) {
      throw new UncheckedIOException("reading what " + part + " says", e);
    }
  }

  private @Nullable String firstLine(String part) throws IOException {
    return new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(parts.get(part)).getInputStream(), StandardCharsets.UTF_8))
        .readLine();
  }

  /** Starts a part anew and returns once it says that it is ready. */
  void run(String part) {
    launch(part);
    awaitReady(part);
  }

  /** Ends a part as a power cut would. */
  void kill(String part) throws InterruptedException {
    Process process = Objects.requireNonNull(parts.get(part));
    process.destroyForcibly();
    process.waitFor();
  }

  /** Ends a part as a kubelet does. */
  void terminate(String part) throws InterruptedException {
    Process process = Objects.requireNonNull(parts.get(part));
    process.destroy();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("%s ends when told to", part).isTrue();
  }

  /** Which part holds a Lease. */
  String holder(String lease) {
    String holder =
        client.leases().inNamespace(SYSTEM).withName(lease).get().getSpec().getHolderIdentity();
    return holder == null || holder.isEmpty() ? "" : holder.substring(0, holder.indexOf('_'));
  }

  /** Which part holds a Lease, once there is one. */
  String awaitHolder(String lease) {
    return await().atMost(PATIENCE).until(() -> holder(lease), holder -> !holder.isEmpty());
  }

  /** Between the parts and the API server. */
  Relay api() {
    return api;
  }

  RealControlPlane cluster() {
    return cluster;
  }

  /** With every right, past the relay. */
  KubernetesClient client() {
    return client;
  }

  @Override
  public void killLeaders() throws InterruptedException {
    for (String lease :
        List.of(
            "controller.knative.dev.serving.pkg.reconciler.revision.reconciler.00-of-01",
            "autoscaler-bucket-00-of-01")) {
      String leader = holder(lease);
      assertThat(PARTS).contains(leader);
      kill(leader);
      System.out.printf("killed %s, who held %s%n", leader, lease);
    }
  }

  @Override
  public void checkRights() throws IOException {
    new AuditedRights(roles(), cluster.auditLog()).check();
  }

  private static List<ObjectNode> roles() throws IOException {
    List<ObjectNode> objects = new ArrayList<>();
    try (InputStream roles =
            Objects.requireNonNull(
                RealSystem.class.getResourceAsStream("/dev/bellows/app/wiring/roles.yaml"));
        var documents =
            new YAMLMapper().readerFor(ObjectNode.class).<ObjectNode>readValues(roles)) {
      documents.forEachRemaining(objects::add);
    }
    return objects;
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
    parts.values().forEach(Process::destroyForcibly);
    try {
      for (Process part : parts.values()) {
        part.waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (cluster) {
      client.close();
      api.close();
      for (Relay relay : stats) {
        relay.close();
      }
      node.close();
    }
  }
}
