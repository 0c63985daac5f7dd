package dev.bellows.it.contract;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * etcd, kube-apiserver, kube-controller-manager and kube-scheduler as processes of this machine, on
 * loopback and a directory of their own. There is no node before one joins.
 */
public final class RealControlPlane implements AutoCloseable {
  private static final Path REPOSITORY = Path.of("").toAbsolutePath().getParent();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String TOKEN = "contract-admin";
  private static final String NODE_TOKEN = "contract-node";

  /** The node whose account {@link #nodeKubeconfig} is. */
  public static final String NODE = "joined";

  private static final String AUDIT_POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
      - level: Metadata
        userGroups: ["system:serviceaccounts:knative-serving"]
      - level: None
      """;

  private final Path programs;
  private final Path directory;
  private final Map<String, Process> processes = new LinkedHashMap<>();
  private final Map<String, List<String>> commands = new HashMap<>();
  private final Thread atExit = new Thread(this::kill);
  private Path authority = Path.of("");
  private int apiPort;

  private RealControlPlane(Path programs, Path directory) {
    this.programs = programs;
    this.directory = directory;
  }

  /**
   * Starts one, or skips the test aloud where its programs have not been built.
   *
   * @param tests what cannot run without one
   */
  public static RealControlPlane startOrSkip(String tests) throws IOException {
    Optional<RealControlPlane> started = startIfBuilt(tests);
    assumeTrue(started.isPresent(), "no real control plane");
    return started.orElseThrow();
  }

  /**
   * Starts one, if its programs have been built; says so if not, and fails where they must be.
   *
   * @param tests what cannot run without one
   */
  public static Optional<RealControlPlane> startIfBuilt(String tests) throws IOException {
    Path programs = programs();
    if (!Files.isExecutable(programs.resolve("kube-apiserver"))) {
      String message = "SKIPPED: " + tests + "; it/control-plane/build.sh builds one";
      if ("true".equals(System.getenv("CI"))) {
        throw new IllegalStateException(message);
      }
      System.out.println(message);
      return Optional.empty();
    }
    RealControlPlane started =
        new RealControlPlane(programs, Files.createTempDirectory("bellows-control-plane"));
    Runtime.getRuntime().addShutdownHook(started.atExit);
    try {
      started.startAll();
    } catch (IOException | RuntimeException e) {
      started.kill();
      throw e;
    }
    return Optional.of(started);
  }

  /** Where the script that builds them puts them. */
  private static Path programs() throws IOException {
    Process where =
        new ProcessBuilder(
                "bash", REPOSITORY.resolve("it/control-plane/build.sh").toString(), "--where")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (InputStream output = where.getInputStream()) {
      return Path.of(new String(output.readAllBytes(), StandardCharsets.UTF_8).strip());
    }
  }

  /** For whoever may do everything. */
  public String kubeconfig() {
    return kubeconfig(TOKEN);
  }

  /** For the account of a node, which may do what a kubelet must and no more. */
  public String nodeKubeconfig() {
    return kubeconfig(NODE_TOKEN);
  }

  /**
   * What the accounts of an installation have asked for, a line of JSON each ({@code
   * audit.k8s.io/v1} Event).
   */
  public Path auditLog() {
    return directory.resolve("audit.log");
  }

  /** Where the API server is, for whoever is not led there by a Service. */
  public int apiPort() {
    return apiPort;
  }

  /** Who vouches for the API server where it is a client. */
  public Path clientAuthority() {
    return ClientCertificates.authorityIn(directory);
  }

  /** For whoever has a token. */
  public String kubeconfig(String token) {
    return """
    apiVersion: v1
    kind: Config
    current-context: real
    clusters:
    - name: real
      cluster: {server: "https://127.0.0.1:%d", certificate-authority: "%s"}
    users:
    - name: user
      user: {token: "%s"}
    contexts:
    - name: real
      context: {cluster: real, user: user}
    """
        .formatted(apiPort, authority, token);
  }

  private void startAll() throws IOException {
    int etcdPort = freePort();
    int etcdPeerPort = freePort();
    apiPort = freePort();
    Path tokens = directory.resolve("tokens.csv");
    Files.writeString(
        tokens,
        """
        %s,admin,admin,system:masters
        %s,system:node:%s,node,system:nodes
        """
            .formatted(TOKEN, NODE_TOKEN, NODE));
    ClientCertificates clients = ClientCertificates.in(directory);
    Path key = directory.resolve("service-account.key");
    Path publicKey = directory.resolve("service-account.pub");
    writeKeys(key, publicKey);
    Path auditPolicy = Files.writeString(directory.resolve("audit-policy.yaml"), AUDIT_POLICY);

    String etcd = "http://127.0.0.1:" + etcdPort;
    String peer = "http://127.0.0.1:" + etcdPeerPort;
    run(
        "etcd",
        "--data-dir=" + directory.resolve("etcd"),
        "--listen-client-urls=" + etcd,
        "--advertise-client-urls=" + etcd,
        "--listen-peer-urls=" + peer,
        "--initial-advertise-peer-urls=" + peer,
        "--initial-cluster=default=" + peer,
        // What it holds is worth nothing after the test.
        "--unsafe-no-fsync");
    run(
        "kube-apiserver",
        "--etcd-servers=" + etcd,
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--secure-port=" + apiPort,
        "--cert-dir=" + directory.resolve("pki"),
        "--token-auth-file=" + tokens,
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--client-ca-file=" + clients.authority(),
        "--kubelet-client-certificate=" + clients.certificate(),
        "--kubelet-client-key=" + clients.key(),
        "--kubelet-preferred-address-types=InternalIP",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=" + publicKey,
        "--service-account-signing-key-file=" + key,
        "--enable-aggregator-routing=true",
        "--audit-policy-file=" + auditPolicy,
        "--audit-log-path=" + auditLog(),
        // No Endpoints object may name a loopback address.
        "--endpoint-reconciler-type=none");
    authority = directory.resolve("pki/apiserver.crt");
    await(() -> Files.exists(authority));
    Path file = Files.writeString(directory.resolve("kubeconfig"), kubeconfig());
    Api api = Api.of(kubeconfig());
    awaitReady();
    run(
        "kube-controller-manager",
        "--kubeconfig=" + file,
        "--leader-elect=false",
        "--secure-port=0",
        "--use-service-account-credentials=false",
        "--service-account-private-key-file=" + key,
        "--root-ca-file=" + authority,
        "--concurrent-namespace-syncs=10");
    run("kube-scheduler", "--kubeconfig=" + file, "--leader-elect=false", "--secure-port=0");
    String account = "/api/v1/namespaces/default/serviceaccounts/default";
    await(() -> api.get(account).code() == 200);
  }

  private static boolean listens(int port) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private void await(Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> {
          for (Process process : processes.values()) {
            if (!process.isAlive()) {
              throw new IllegalStateException(process + " ended; logs are in " + directory);
            }
          }
          return condition.call();
        });
  }

  private void run(String program, String... options) throws IOException {
    List<String> words = new ArrayList<>();
    // The kernel ends it with the thread that starts it, even if this JVM is killed.
    words.addAll(List.of("setpriv", "--pdeathsig", "KILL", programs.resolve(program).toString()));
    words.addAll(List.of(options));
    commands.put(program, words);
    start(program);
  }

  /** Starts one of its programs again, as it was started before; does not wait for it. */
  public void start(String program) throws IOException {
    File log = directory.resolve(program + ".log").toFile();
    processes.put(
        program,
        new ProcessBuilder(Objects.requireNonNull(commands.get(program)))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
            .start());
  }

  /** Ends one of its programs as a power cut would. */
  public void stop(String program) throws InterruptedException {
    Process process = Objects.requireNonNull(processes.remove(program));
    process.destroyForcibly();
    process.waitFor();
  }

  /** Returns once the API server says that it is ready. */
  public void awaitReady() throws IOException {
    Api api = Api.of(kubeconfig());
    await(() -> listens(apiPort) && api.get("/readyz").code() == 200);
  }

  /** A port that was free a moment ago; the programs take no port of the kernel's choice. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void writeKeys(Path key, Path publicKey) throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      KeyPair pair = generator.generateKeyPair();
      Files.writeString(key, ClientCertificates.pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
      Files.writeString(
          publicKey, ClientCertificates.pem("PUBLIC KEY", pair.getPublic().getEncoded()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has RSA", e);
    }
  }

  private void kill() {
    List<Process> all = List.copyOf(processes.values());
    all.reversed().forEach(Process::destroyForcibly);
    for (Process process : all) {
      try {
        process.waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    kill();
    Runtime.getRuntime().removeShutdownHook(atExit);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
