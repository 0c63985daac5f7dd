package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code system-internal-tls} on one machine, with certificates that openssl makes: a Revision
 * waits for its namespace's certificate, then requests travel by TLS from the gateway to the
 * activator and from both to the pod.
 */
class InternalTlsIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String HOST = "autoscale.default.example.com";

  @TempDir Path directory;

  @Test
  void requestsAreEncryptedOnTheSystemsOwnHops() throws Exception {
    Command.require("kubectl");
    Command.require("openssl");
    Command.require("curl");
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=authority",
        "-days",
        "2",
        "-keyout",
        "ca.key",
        "-out",
        "ca.crt");
    certificate("routing", "kn-routing");
    certificate("pods", "kn-user-default");
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"))) {
      bellows
          .kubectl(
              "patch",
              "configmap",
              "config-network",
              "-n",
              "knative-serving",
              "--type=merge",
              "-p",
              "{\"data\":{\"system-internal-tls\":\"Enabled\"}}")
          .succeeded();
      secret(bellows, "knative-serving", "routing-serving-certs", "routing");
      bellows.bellows("apply", "-f", "examples/autoscale.yaml").succeeded();
      Awaitility.await()
          .atMost(LIMIT)
          .untilAsserted(() ->
              assertThat(revisions(bellows))
                  .contains("CertificateNotReady", "default/serving-certs"));
      assertThat(
              bellows
                  .kubectl("get", "kcert", "serving-certs", "-o", "jsonpath={.spec.dnsNames}")
                  .succeeded()
                  .output())
          .isEqualTo("[\"kn-user-default\",\"data-plane.knative.dev\"]");

      secret(bellows, "default", "serving-certs", "pods");
      bellows
          .kubectl("wait", "ksvc/autoscale", "--for=condition=Ready", "--timeout=120s")
          .succeeded();
      assertThat(
              bellows
                  .kubectl(
                      "get",
                      "king",
                      "autoscale",
                      "-o",
                      "jsonpath={.spec.rules[0].http.paths[0].splits[0].servicePort}")
                  .succeeded()
                  .output())
          .isEqualTo("443");
      assertThat(bellows.request(HOST, "/?sleep=10").statusCode()).isEqualTo(200);

      String pod =
          bellows
              .kubectl("get", "pods", "-o", "jsonpath={.items[0].status.podIP}")
              .succeeded()
              .output();
      assertThat(
              Command.of(
                      "curl",
                      "-sS",
                      "-o",
                      "/dev/null",
                      "-w",
                      "%{http_code}",
                      "--tlsv1.3",
                      "--http1.1",
                      "--cacert",
                      directory.resolve("ca.crt").toString(),
                      "--connect-to",
                      "data-plane.knative.dev:443:" + pod + ":8112",
                      "https://data-plane.knative.dev/?sleep=1")
                  .run()
                  .succeeded()
                  .output())
          .as("the pod's own port")
          .isEqualTo("200");
    }
  }

  private static String revisions(BellowsProcess bellows) {
    return bellows
        .kubectl("get", "revisions", "-o", "jsonpath={.items[*].status.conditions}")
        .output();
  }

  private void certificate(String file, String name) throws IOException {
    Files.writeString(
        directory.resolve(file + ".ext"),
        "subjectAltName=DNS:%s,DNS:data-plane.knative.dev\n".formatted(name));
    openssl(
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=" + name,
        "-keyout",
        file + ".key",
        "-out",
        file + ".csr");
    openssl(
        "x509",
        "-req",
        "-in",
        file + ".csr",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        file + ".ext",
        "-out",
        file + ".crt");
  }

  private void openssl(String... words) {
    String[] all = new String[words.length + 1];
    all[0] = "openssl";
    System.arraycopy(words, 0, all, 1, words.length);
    Command.of(all).in(directory).run().succeeded();
  }

  private void secret(BellowsProcess bellows, String namespace, String name, String file) {
    bellows
        .kubectl(
            "create",
            "secret",
            "generic",
            name,
            "-n",
            namespace,
            "--from-file=tls.crt=" + directory.resolve(file + ".crt"),
            "--from-file=tls.key=" + directory.resolve(file + ".key"),
            "--from-file=ca.crt=" + directory.resolve("ca.crt"))
        .succeeded();
  }
}
