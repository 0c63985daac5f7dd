package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.it.EmbeddedApi;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What webhooks that mean no good, or are badly made, can do to the embedded API server. */
class HostileWebhooksTest {
  private static final String MAPS = "/api/v1/namespaces/knative-serving/configmaps";

  @TempDir static Path home;
  private static EmbeddedApi embedded;
  private static HookServer hooks;
  private static Api api;

  @BeforeAll
  static void start() throws IOException {
    embedded = new EmbeddedApi(home);
    hooks = new HookServer(InetAddress.getLoopbackAddress());
    api = Api.of(embedded.kubeconfig());
  }

  @AfterAll
  static void stop() {
    hooks.close();
    embedded.close();
  }

  private static void install(String name, String seconds) {
    api.post(
            "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
            Wire.object(
                """
                {apiVersion: 'admissionregistration.k8s.io/v1',
                 kind: 'ValidatingWebhookConfiguration', metadata: {name: '%1$s'}, webhooks: [
                  {name: 'it.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'],
                   timeoutSeconds: %2$s, clientConfig: {url: '%3$s', caBundle: '%4$s'},
                   objectSelector: {matchLabels: {hook: '%1$s'}}, rules: [{apiGroups: [''],
                    apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps']}]}]}
                """,
                name, seconds, hooks.url("/" + name), hooks.authority()))
        .is(201);
  }

  private static ObjectNode map(String name, String hook) {
    return Wire.object(
        "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: '%s', labels: {hook: '%s'}}}",
        name, hook);
  }

  @Test
  void anAnswerThatIsTooLargeIsNone() {
    hooks.answer("/large", request -> Wire.object("{allowed: true}").put("x", "y".repeat(4 << 20)));
    install("large", "30");
    api.post(MAPS, map("large", "large"))
        .refusesSaying(500, "InternalError", "failed calling webhook \"it.example.com\"");
  }

  @Test
  void warningsCannotWriteHeaders() {
    hooks.answer(
        "/lines",
        request -> {
          ObjectNode answer = Wire.object("{allowed: true}");
          answer.putArray("warnings").add("one\r\nX-Injected: yes").add("z".repeat(10_000));
          return answer;
        });
    install("lines", "30");
    Reply made = api.post(MAPS, map("lines", "lines")).is(201);
    assertThat(made.headers().firstValue("x-injected")).isEmpty();
    assertThat(made.warnings())
        .contains("one  X-Injected: yes")
        .allSatisfy(text -> assertThat(text).hasSizeLessThanOrEqualTo(256));
  }

  @Test
  void aWebhookThatAsksForWhatItIsAskedAboutEndsAndStopsNobodyElse() {
    AtomicInteger number = new AtomicInteger();
    hooks.answer(
        "/loop",
        request -> {
          int code = api.post(MAPS, map("loop-" + number.incrementAndGet(), "loop")).code();
          // Others are served while the loop goes round.
          int other = api.get("/api/v1/namespaces/default").code();
          return Wire.object("{allowed: %s}", code == 201 && other == 200);
        });
    install("loop", "3");
    assertThat(api.post(MAPS, map("loop", "loop")).code()).isBetween(400, 599);
    api.post(MAPS, map("after", "none")).is(201);
  }
}
