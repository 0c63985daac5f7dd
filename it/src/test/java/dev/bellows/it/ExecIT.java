package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An unmodified kubectl inside a running pod, in both protocols that kubectl speaks. */
@BesideOthers
class ExecIT {
  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: box, labels: {app: box}}
      spec:
        terminationGracePeriodSeconds: 1
        containers:
        - name: main
          image: test.local/box
          stdin: true
          env: [{name: GREETING, value: hello}]
          ports: [{containerPort: 8080}]
          args:
          - |
            import http.server, os, sys, threading
            def listen():
                for line in sys.stdin:
                    print("heard", line.strip(), flush=True)
            threading.Thread(target=listen, daemon=True).start()
            class Hello(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b"hello" * 100000)
                def log_message(self, *words):
                    pass
            http.server.ThreadingHTTPServer(
                ("127.0.0.1", int(os.environ["PORT"])), Hello).serve_forever()
          readinessProbe: {httpGet: {port: 8080}}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: box}
      spec:
        selector: {app: box}
        ports: [{port: 80, targetPort: 8080}]
      """;

  @TempDir static Path directory;
  private static BellowsProcess bellows;

  /** What kubectl puts the streams into. */
  enum Transport {
    /** Its first choice since 1.31. */
    WEB_SOCKET("true"),
    /** What it falls back to, and all that older ones have. */
    SPDY("false");

    private final String webSockets;

    Transport(String webSockets) {
      this.webSockets = webSockets;
    }

    Command kubectl(String... words) {
      return bellows
          .kubectlCommand(words)
          .with("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", webSockets)
          .with("KUBECTL_PORT_FORWARD_WEBSOCKETS", webSockets);
    }
  }

  @BeforeAll
  static void start() throws IOException {
    Command.require("kubectl");
    Command.require("python3");
    bellows = BellowsProcess.start(directory.resolve("data"));
    bellows.bellows("image", "add", "test.local/box", "--", "python3", "-c").succeeded();
    bellows.kubectlCommand("apply", "-f", "-").reading(POD).run().succeeded();
    bellows.kubectl("wait", "--for=condition=Ready", "pod/box", "--timeout=30s").succeeded();
  }

  @AfterAll
  static void stop() {
    if (bellows != null) {
      bellows.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCommandSaysAndFailsInTheContainersEnvironment(Transport transport) {
    Command.Result said =
        transport.kubectl("exec", "box", "--", "sh", "-c", "echo $GREETING; exit 3").run();
    assertThat(said.output()).startsWith("hello").contains("exit code 3");
    assertThat(said.exitCode()).isEqualTo(3);
    assertThat(transport.kubectl("exec", "box", "--", "nosuchprogram").run().output())
        .contains("executable file not found in $PATH");
  }

  @ParameterizedTest
  @EnumSource
  void aCommandReadsWhatIsPipedToIt(Transport transport) {
    String much = "0123456789".repeat(100_000);
    assertThat(transport.kubectl("exec", "-i", "box", "--", "cat").reading(much).run().succeeded())
        .extracting(Command.Result::output)
        .isEqualTo(much);
  }

  @ParameterizedTest
  @EnumSource
  void aTerminalHasTheSizeOfTheWindow(Transport transport) {
    Command.require("script");
    // Asked until it is so: a client may tell the size only after the program has started.
    String inside =
        "stty cols 91 rows 31; kubectl exec -it box -- sh -c"
            + " 'until stty size | grep \"31 91\"; do sleep 0.1; done; exit 4'";
    Command.Result said =
        Command.of("script", "-qec", inside, "/dev/null")
            .with("KUBECONFIG", bellows.kubeconfig().toString())
            .with("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", transport.webSockets)
            .run();
    assertThat(said.output()).contains("31 91");
    assertThat(said.exitCode()).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource
  void aCommandIsKilledWhenItsClientGoesAway(Transport transport) throws Exception {
    String mark = transport == Transport.SPDY ? "987651" : "987652";
    Process client = transport.kubectl("exec", "box", "--", "sleep", mark).start();
    Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> runs("sleep", mark));
    client.destroyForcibly().waitFor();
    Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> !runs("sleep", mark));
  }

  private static boolean runs(String program, String argument) {
    return ProcessHandle.allProcesses()
        .anyMatch(
            process -> process.info().commandLine().orElse("").endsWith(program + " " + argument));
  }

  @ParameterizedTest
  @EnumSource
  void whoAttachesTalksWithTheProgram(Transport transport) throws Exception {
    Process client = transport.kubectl("attach", "-i", "box").start();
    try (OutputStream typed = client.getOutputStream()) {
      InputStream shown = client.getInputStream();
      StringBuilder seen = new StringBuilder();
      Awaitility.await()
          .atMost(20, TimeUnit.SECONDS)
          .until(() -> {
            typed.write((transport + "\n").getBytes(StandardCharsets.UTF_8));
            typed.flush();
            seen.append(new String(shown.readNBytes(shown.available()), StandardCharsets.UTF_8));
            return seen.toString().contains("heard " + transport);
          });
    } finally {
      client.destroyForcibly().waitFor();
    }
    assertThat(bellows.kubectl("get", "pod/box").succeeded().output()).contains("1/1");
  }

  @ParameterizedTest
  @EnumSource
  void filesAreCopiedInAndOut(Transport transport) throws IOException {
    Path from = Files.createDirectories(directory.resolve("from-" + transport));
    Files.write(from.resolve("file"), new byte[500_000]);
    String inPod = directory.resolve("pod-" + transport).toString();
    Path back = directory.resolve("back-" + transport);
    transport.kubectl("cp", from.toString(), "box:" + inPod).run().succeeded();
    transport.kubectl("cp", "box:" + inPod, back.toString()).run().succeeded();
    assertThat(back.resolve("file")).hasSameBinaryContentAs(from.resolve("file"));
  }

  @ParameterizedTest
  @EnumSource
  void aPortOfAPodAndOfAServiceIsForwarded(Transport transport) throws Exception {
    for (String target : new String[] {"pod/box :8080", "svc/box :80"}) {
      String[] words = target.split(" ", -1);
      Process client = transport.kubectl("port-forward", words[0], words[1]).start();
      try {
        int port = forwarded(client.getInputStream());
        for (int i = 0; i < 3; i++) {
          assertThat(get(port)).as("%s %d", target, i).endsWith("hello".repeat(100_000));
        }
      } finally {
        client.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void aRequestIsPassedOnToAPodAndToAService() {
    String namespace = "/api/v1/namespaces/default/";
    for (String target : new String[] {"pods/box", "pods/http:box:8080", "services/box:80"}) {
      assertThat(
              bellows
                  .kubectl("get", "--raw", namespace + target + "/proxy/any")
                  .succeeded()
                  .output())
          .as(target)
          .isEqualTo("hello".repeat(100_000));
    }
    // What the pod does not declare is the machine's, on a network that they share.
    Command.Result other =
        bellows.kubectl("get", "--raw", namespace + "pods/box:" + port(server()) + "/proxy/");
    assertThat(other.exitCode()).isNotZero();
    assertThat(other.output()).contains("address not allowed");
    // Nor do Endpoints make a way to it.
    bellows
        .kubectlCommand("apply", "-f", "-")
        .reading(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: machine}
            spec: {ports: [{port: 80}]}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: machine}
            subsets:
            - addresses:
              - ip: 127.0.0.1
                targetRef: {kind: Pod, name: box, namespace: default}
              ports: [{port: PORT}]
            """
                .replace("PORT", port(server())))
        .run()
        .succeeded();
    Command.Result machine = bellows.kubectl("get", "--raw", namespace + "services/machine/proxy/");
    assertThat(machine.exitCode()).isNotZero();
    assertThat(machine.output()).contains("no endpoints available");
  }

  private static String port(String url) {
    return String.valueOf(URI.create(url).getPort());
  }

  private static int forwarded(InputStream said) throws IOException {
    Pattern from = Pattern.compile("Forwarding from 127\\.0\\.0\\.1:(\\d+)");
    StringBuilder seen = new StringBuilder();
    for (int each = said.read(); each >= 0; each = said.read()) {
      seen.append((char) each);
      Matcher found = from.matcher(seen);
      if (each == ' ' && found.find()) {
        return Integer.parseInt(found.group(1));
      }
    }
    throw new AssertionError("kubectl said: " + seen);
  }

  private static String get(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  @Test
  void onlyWhoMayExecIsLetIn() {
    bellows.kubectl("create", "serviceaccount", "reader").succeeded();
    bellows
        .kubectl(
            "create",
            "rolebinding",
            "reader",
            "--clusterrole=view",
            "--serviceaccount=default:reader")
        .succeeded();
    String token = bellows.kubectl("create", "token", "reader").succeeded().output().strip();
    Command.Result refused = asReader(token);
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.output()).contains("pods/exec").contains("orbidden");
    bellows
        .kubectl("create", "role", "exec", "--verb=create,get", "--resource=pods/exec")
        .succeeded();
    bellows
        .kubectl("create", "rolebinding", "exec", "--role=exec", "--serviceaccount=default:reader")
        .succeeded();
    assertThat(asReader(token).succeeded().output()).startsWith("in");
  }

  private static Command.Result asReader(String token) {
    // The owner's credentials go before a token on the command line, so kubectl gets no others.
    return Command.of(
            "kubectl",
            "--server",
            server(),
            "--insecure-skip-tls-verify",
            "--token",
            token,
            "exec",
            "box",
            "--",
            "echo",
            "in")
        .with("KUBECONFIG", "/dev/null")
        .run();
  }

  private static String server() {
    return bellows
        .kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
        .succeeded()
        .output();
  }
}
