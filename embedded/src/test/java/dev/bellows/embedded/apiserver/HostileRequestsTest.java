package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that are made to cost much, by somebody who may make them. */
@Timeout(60)
class HostileRequestsTest {
  private static final String OPEN_KIND =
      """
      {metadata: {name: things.example.com}, spec: {group: example.com, scope: Namespaced,
        names: {plural: things, kind: Thing}, versions: [{name: v1, served: true, storage: true,
          schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}
      """;

  @TempDir Path home;
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    server = new TestServer(home);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static ArrayNode operations(int count, String... texts) {
    ArrayNode operations = Json.array();
    for (int i = 0; i < count; i++) {
      for (String text : texts) {
        operations.add(Yaml.object(text));
      }
    }
    return operations;
  }

  /** By how deep or by how large it has become. */
  private static void isRefused(ArrayNode operations) {
    assertThatThrownBy(() -> JsonPatch.apply(operations, Yaml.object("{a: {b: text}}")))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isIn(400, 422));
  }

  @Test
  void aPatchThatDoublesADocumentWithEachStepIsRefused() {
    ArrayNode wide = operations(1, "{op: add, path: /l, value: [x]}");
    wide.addAll(
        operations(60, "{op: copy, from: /l, path: /m}", "{op: move, from: /m, path: /l/-}"));
    isRefused(wide);
  }

  @Test
  void aPatchThatNestsADocumentWithEachStepIsRefused() {
    isRefused(operations(5_000, "{op: copy, from: /a, path: /a/c}"));
    ArrayNode moved =
        operations(
            3_000,
            "{op: add, path: /x, value: {}}",
            "{op: move, from: /a, path: /x/a}",
            "{op: move, from: /x, path: /a}");
    isRefused(moved);
    isRefused(operations(1, "{op: test, path: '" + "/a".repeat(300) + "', value: 1}"));
  }

  private byte[] ask(
      String method, String uri, Map<String, List<String>> headers, byte[] body, int[] code) {
    List<byte[]> parts = new ArrayList<>();
    server
        .server
        .inProcess()
        .call(
            method,
            uri,
            headers,
            body,
            new InProcessApi.Client() {
              @Override
              public void begin(int status, Map<String, List<String>> fields) {
                code[0] = status;
              }

              @Override
              public void part(byte[] bytes) {
                parts.add(bytes);
              }

              @Override
              public void end() {}
            })
        .run();
    return parts.isEmpty() ? new byte[0] : parts.getFirst();
  }

  private int code(String method, String uri, String type, String body) {
    int[] code = new int[1];
    ask(
        method,
        uri,
        Map.of("authorization", List.of("Bearer " + ownerToken()), "content-type", List.of(type)),
        body.getBytes(StandardCharsets.UTF_8),
        code);
    return code[0];
  }

  private String ownerToken() {
    try {
      String kubeconfig = Files.readString(server.server.kubeconfig());
      return Yaml.object(kubeconfig).at("/users/0/user/token").asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String nested(int levels) {
    return "{\"a\":".repeat(levels) + "1" + "}".repeat(levels);
  }

  @Test
  void anObjectAsDeepAsMayBeCanBeReadAgainHoweverItCameThere() {
    server.registry.create(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS, Yaml.object(OPEN_KIND));
    String things = "/apis/example.com/v1/namespaces/default/things";
    for (int depth : List.of(150, 190, Json.MAX_DEPTH - 1, Json.MAX_DEPTH)) {
      String name = "deep-" + depth;
      String object =
          "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":\""
              + name
              + "\"},\"spec\":"
              + nested(depth - 1)
              + "}";
      int made = code("POST", things + "?fieldManager=me", "application/json", object);
      assertThat(made).as(name).isEqualTo(201);
      assertThat(code("GET", things + "/" + name + "?pretty=true", "", "")).isEqualTo(200);
      String deeper =
          "[{\"op\":\"add\",\"path\":\"/x\",\"value\":{}},"
              + "{\"op\":\"move\",\"from\":\"/spec\",\"path\":\"/x/y\"}]";
      code("PATCH", things + "/" + name, "application/json-patch+json", deeper);
      assertThat(code("GET", things + "?labelSelector=a", "", "")).isEqualTo(200);
    }
    server.close();
    try {
      server = new TestServer(home);
    } catch (IOException e) {
      throw new AssertionError("the store cannot be opened any more", e);
    }
    assertThat(code("GET", things + "?labelSelector=!a", "", "")).isEqualTo(200);
  }

  @Test
  void aLongSelectorIsOnlyLong() {
    String labels = "a,".repeat(7_000) + "a";
    assertThat(code("GET", "/api/v1/pods?labelSelector=" + labels, "", "")).isEqualTo(200);
    String fields = "metadata.name!=a,".repeat(900) + "metadata.name!=b";
    assertThat(code("GET", "/api/v1/namespaces?fieldSelector=" + fields, "", "")).isEqualTo(200);
    assertThat(
            code("GET", "/api/v1/namespaces?labelSelector=" + "!a,".repeat(5_000) + "!a", "", ""))
        .isEqualTo(200);
  }

  @Test
  void aPatternIsTriedInTimeThatGrowsWithTheTextAlone() {
    Schema schema =
        new Schema(
            Yaml.object("{type: object, properties: {a: {type: string, pattern: '^(a+)+$'}}}"));
    ObjectNode object = Json.object().put("a", "a".repeat(50_000) + "!");
    List<Cause> causes = new ArrayList<>();
    SchemaValidation.validate(object, MissingNode.getInstance(), schema, causes);
    assertThat(causes).hasSize(1);
  }

  @Test
  void aColumnsPathOfAnyLengthCanBeRead() {
    for (String step : List.of("a.", "\\.", "[0]", "['a']", "[*]", "[?(@.a=='b')]")) {
      JsonPath path = JsonPath.parse("." + step.repeat(200_000));
      assertThat(path.find(Yaml.object("{a: [1]}"))).isEmpty();
    }
  }

  @Test
  void whatWouldOverflowAStackIsAnswered() {
    String deep = "[".repeat(100_000);
    assertThat(code("POST", "/api/v1/namespaces/default/configmaps", "application/json", deep))
        .isEqualTo(400);
    assertThat(code("POST", "/api/v1/namespaces/default/configmaps", "application/yaml", deep))
        .isEqualTo(400);
    byte[] protobuf = new byte[100_004];
    System.arraycopy(ProtobufForm.magic(), 0, protobuf, 0, 4);
    assertThat(
            code(
                "POST",
                "/api/v1/namespaces/default/configmaps",
                ProtobufForm.MEDIA_TYPE,
                new String(protobuf, StandardCharsets.ISO_8859_1)))
        .isEqualTo(400);
  }

  @Test
  void namesThatLeadElsewhereReachNothing() {
    for (String name : List.of("..", "%2e%2e", "..%2f..%2fetc", "a%00b", "%0d%0aX:%20y", "*")) {
      String pods = "/api/v1/namespaces/default/pods/";
      assertThat(code("GET", pods + name, "", "")).as(name).isIn(400, 404);
      assertThat(code("GET", pods + name + "/log?container=..%2f..", "", "")).isIn(400, 404);
      assertThat(code("GET", pods + name + "/proxy/", "", "")).as(name).isIn(400, 404);
    }
    for (String name :
        List.of("..", "../../x", "a/b", "a b", "A", "", "a\u0000", "x".repeat(300))) {
      ObjectNode pod = Yaml.object("{apiVersion: v1, kind: Pod, spec: {containers: [{image: i}]}}");
      Json.child(pod, "metadata").put("name", name);
      ((ObjectNode) pod.at("/spec/containers/0")).put("name", "c");
      String text = pod.toString();
      assertThat(code("POST", "/api/v1/namespaces/default/pods", "application/json", text))
          .as(name)
          .isIn(400, 422);
      Json.child(pod, "metadata").put("name", "fine");
      ((ObjectNode) pod.at("/spec/containers/0")).put("name", name);
      assertThat(
              code("POST", "/api/v1/namespaces/default/pods", "application/json", pod.toString()))
          .as("container " + name)
          .isIn(400, 422);
    }
  }

  /** The first line of the answer to what is sent as it is, by TLS. */
  private String answerTo(String text) throws IOException, GeneralSecurityException {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    try (Socket socket =
        tls.getSocketFactory()
            .createSocket(InetAddress.getLoopbackAddress(), server.server.port())) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .findFirst()
          .orElse("");
    }
  }

  @Test
  void aHeadThatCannotBeReadIsAnsweredWithWhy() throws Exception {
    assertThat(answerTo("GET /api?labelSelector=" + "a".repeat(17_000) + " HTTP/1.1\r\n\r\n"))
        .startsWith("HTTP/1.1 414 ");
    assertThat(answerTo("GET /api HTTP/1.1\r\nX-Long: " + "a".repeat(66_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431 ");
    assertThat(answerTo("GET /api HTTP/1.1\r\nno colon\r\n\r\n")).startsWith("HTTP/1.1 400 ");
  }
}
