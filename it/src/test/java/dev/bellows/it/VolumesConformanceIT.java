package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a program finds in its volumes, with the names and the checks of the original's tests
 * (api/v1, e2e). To mount anything takes root's rights. docs/conformance.md has the whole list.
 */
@BesideOthers
class VolumesConformanceIT {
  private static final String PROGRAM = "conformance.test/program";
  private static final String NAME = "conformance";
  private static final int TOKEN_PARTS = 3;
  private static final String INIT_CONTAINER =
      """
      initContainers:
      - image: conformance.test/mark
        volumeMounts: [{name: one, mountPath: /etc/knative-volume}]
      """
          .indent(6);

  @TempDir static Path directory;
  @AutoClose private static Serving serving;

  @BeforeAll
  static void start() throws IOException {
    Command.require("python3");
    Command.requireRoot(); // volumes are mounted for root only
    serving = Serving.start(directory.resolve("data"));
    serving.addProgram(PROGRAM);
    var client = serving.client();
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName(NAME)
                .withNamespace("default")
                .endMetadata()
                .withData(Map.of("key", "configured"))
                .build())
        .create();
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(NAME)
                .withNamespace("default")
                .endMetadata()
                .withStringData(Map.of("key", "secret"))
                .build())
        .create();
  }

  /** TestConfigMapVolume, TestSecretVolume, TestProjectedConfigMapVolume, …SecretVolume. */
  @Test
  void testConfigMapVolume() throws Exception {
    holds("configmap", "configMap: {name: conformance}", "configured");
  }

  @Test
  void testSecretVolume() throws Exception {
    holds("secret", "secret: {secretName: conformance}", "secret");
  }

  @Test
  void testProjectedConfigMapVolume() throws Exception {
    holds(
        "projected-configmap",
        "projected: {sources: [{configMap: {name: conformance}}]}",
        "configured");
  }

  @Test
  void testProjectedSecretVolume() throws Exception {
    holds("projected-secret", "projected: {sources: [{secret: {name: conformance}}]}", "secret");
  }

  private void holds(String name, String source, String content) throws Exception {
    create(name, source);
    assertThat(read(name, "/etc/knative-volume/key")).isEqualTo(content);
  }

  @Test
  void testProjectedComplex() throws Exception {
    create(
        "complex",
        """
        projected:
          sources:
          - configMap: {name: conformance, items: [{key: key, path: config/deep}]}
          - secret: {name: conformance, items: [{key: key, path: secret}]}
          - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.namespace}}]}
        """);
    assertThat(read("complex", "/etc/knative-volume/config/deep")).isEqualTo("configured");
    assertThat(read("complex", "/etc/knative-volume/secret")).isEqualTo("secret");
    assertThat(read("complex", "/etc/knative-volume/name")).isEqualTo("default");
  }

  @Test
  void testProjectedServiceAccountToken() throws Exception {
    create(
        "token",
        "projected: {sources: [{serviceAccountToken: {audience: api.example.com, path: token}}]}");
    String[] parts = read("token", "/etc/knative-volume/token").split("\\.");
    assertThat(parts).hasSize(TOKEN_PARTS);
    JsonNode claims =
        Serving.json(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8));
    assertThat(claims.path("sub").asText()).isEqualTo("system:serviceaccount:default:default");
    assertThat(claims.path("aud").path(0).asText()).isEqualTo("api.example.com");
  }

  @Test
  void testServiceCreateWithEmptyDir() throws Exception {
    String manifest = manifest("empty-dir", "emptyDir: {}");
    try {
      serving.configure("config-features", "\"kubernetes.podspec-volumes-emptydir\":\"Disabled\"");
      assertThatThrownBy(() -> serving.create(manifest))
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining("must not set the field(s)");
    } finally {
      serving.configure("config-features", "\"kubernetes.podspec-volumes-emptydir\":null");
    }
    serving.create(manifest);
    serving.awaitReady("empty-dir");
    assertThat(read("empty-dir", "/etc/knative-volume")).isEmpty();
    serving.request(serving.url("empty-dir"), "/?write=/etc/knative-volume/file");
    assertThat(read("empty-dir", "/etc/knative-volume")).isEqualTo("file");
  }

  @Test
  void testInitContainersShareAVolume() throws Exception {
    try {
      serving.configure("config-features", "\"kubernetes.podspec-init-containers\":\"Enabled\"");
      serving.addImage(
          "conformance.test/mark",
          "python3",
          "-c",
          "open('/etc/knative-volume/mark', 'w').write('before')");
      serving.create(
          manifest("shared", "emptyDir: {}")
              .replace("      containers:", INIT_CONTAINER + "      containers:"));
      serving.awaitReady("shared");
    } finally {
      serving.configure("config-features", "\"kubernetes.podspec-init-containers\":null");
    }
    assertThat(read("shared", "/etc/knative-volume/mark")).isEqualTo("before");
  }

  private static void create(String name, String source) {
    serving.create(manifest(name, source));
    serving.awaitReady(name);
  }

  private static String manifest(String name, String source) {
    return Serving.serviceManifest(
            name, PROGRAM, "volumeMounts: [{name: one, mountPath: /etc/knative-volume}]")
        + "      volumes:\n      - name: one\n"
        + source.strip().indent(8);
  }

  private static String read(String name, String path) throws IOException, InterruptedException {
    var answer = serving.request(serving.url(name), "/?read=" + path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Serving.json(answer.body()).path("read").asText();
  }
}
