package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.serving.DomainMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs that nobody here wrote, unmodified, are served; {@code Http2IT}, {@code HeyIT} and
 * {@code ProtocolsConformanceIT} have others.
 */
@BesideOthers
class ForeignProgramsIT {
  private static final String PROGRAM = "foreign.test/lasting";
  private static final String DOMAIN = "www.foreign.test";

  /** Where {@code .ci/run} puts the package ws. */
  private static final Path NODE_MODULES =
      Path.of(System.getProperty("user.home"), ".cache/bellows/node/node_modules");

  /** Says what a WebSocket hears: two texts, a ping's answer, and how it closes. */
  private static final String NODE =
      """
      const WebSocket = require('ws');
      const [url, host] = process.argv.slice(1);
      const socket = new WebSocket(url, {headers: {Host: host}});
      const long = 'x'.repeat(40000);
      socket.on('open', () => socket.send('hello'));
      socket.on('message', (data) => {
        if (data.toString() === 'hello') {
          console.log('hello');
          socket.send(long);
        } else {
          console.log(data.toString() === long ? 'long' : 'something else');
          socket.ping();
        }
      });
      socket.on('pong', () => { console.log('pong'); socket.close(1000); });
      socket.on('close', (code) => console.log('closed ' + code));
      socket.on('error', (error) => { console.log(error.message); process.exit(1); });
      """;

  @TempDir static Path directory;
  @AutoClose private static Serving serving;
  private static String host;

  @BeforeAll
  static void start() throws IOException {
    Command.require("python3");
    serving = Serving.start(directory.resolve("data"));
    serving.addProgram(PROGRAM, "lasting.py");
    serving.createService("foreign", PROGRAM);
    serving.awaitReady("foreign");
    host = Serving.host(serving.url("foreign"));
  }

  @Test
  void curlSpeaksHttp2AndHttp1OverTls() throws IOException {
    Command.require("curl");
    Command.require("openssl");
    Command.require("kubectl");
    Path certificate = directory.resolve("tls.crt");
    Path key = directory.resolve("tls.key");
    Command.of(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=" + DOMAIN,
            "-addext",
            "subjectAltName=DNS:" + DOMAIN,
            "-keyout",
            key.toString(),
            "-out",
            certificate.toString())
        .run()
        .succeeded();
    serving
        .bellows()
        .kubectl("create", "secret", "tls", "www", "--cert=" + certificate, "--key=" + key)
        .succeeded();
    serving.configure("config-network", "\"autocreate-cluster-domain-claims\":\"true\"");
    serving.create(
        """
        apiVersion: serving.knative.dev/v1beta1
        kind: DomainMapping
        metadata: {name: %s}
        spec:
          ref: {kind: Service, apiVersion: serving.knative.dev/v1, name: foreign}
          tls: {secretName: www}
        """
            .formatted(DOMAIN));
    serving.awaitReady(DomainMapping.class, DOMAIN);

    assertThat(curl(certificate)).isEqualTo("200 2");
    assertThat(curl(certificate, "--http1.1")).isEqualTo("200 1.1");
    assertThat(curl(certificate, "--no-alpn")).isEqualTo("200 1.1");
    assertThat(curl(certificate, "--tlsv1.3", "-d", "x=1")).isEqualTo("200 2");
    assertThat(curl(certificate, "--tls-max", "1.2")).isEqualTo("200 2");
  }

  private static String curl(Path certificate, String... options) {
    int port = serving.bellows().gatewayTls().getPort();
    List<String> words = new ArrayList<>(List.of("curl", "-sS", "-o", "/dev/null"));
    words.addAll(List.of("-w", "%{http_code} %{http_version}"));
    words.addAll(List.of("--cacert", certificate.toString()));
    words.addAll(List.of("--resolve", DOMAIN + ":" + port + ":127.0.0.1"));
    words.addAll(List.of(options));
    words.add("https://" + DOMAIN + ":" + port + "/");
    return Command.of(words.toArray(String[]::new)).run().succeeded().output();
  }

  @Test
  void wrkGetsEveryAnswer() {
    Command.require("wrk");
    String report =
        Command.of(
                "wrk",
                "-t",
                "1",
                "-c",
                "20",
                "-d",
                "3",
                "--timeout",
                "60",
                "-H",
                "Host: " + host,
                serving.bellows().gateway().toString())
            .run()
            .succeeded()
            .output();
    assertThat(report)
        .contains("requests in")
        .doesNotContain("Socket errors")
        .doesNotContain("Non-2xx");
    assertThat(report).doesNotContain(" 0 requests in");
  }

  @Test
  void curlReadsEventsAsTheyCome() {
    Command.require("curl");
    String events =
        Command.of(
                "curl",
                "-sS",
                "-N",
                "-H",
                "Host: " + host,
                "-H",
                "Accept: text/event-stream",
                serving.bellows().gateway().resolve("/events?for=1000").toString())
            .run()
            .succeeded()
            .output();
    assertThat(events)
        .isEqualTo("data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\ndata: end\n\n");
  }

  @Test
  void nodesWebSocketsTalk() {
    Command.require("node");
    Command.require(
        Files.isDirectory(NODE_MODULES.resolve("ws")),
        "the package ws is not in " + NODE_MODULES + "; npm install ws puts it there");
    String heard =
        Command.of(
                "node",
                "-e",
                NODE,
                "ws://" + serving.bellows().gateway().getAuthority() + "/",
                host)
            .with("NODE_PATH", NODE_MODULES.toString())
            .run()
            .succeeded()
            .output();
    assertThat(heard.lines()).containsExactly("hello", "long", "pong", "closed 1000");
  }
}
