package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.it.Overlay;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code deploy/} installs is taken as it stands, to the last field. */
class InstallContractTest extends ContractTest {
  private static final String NAMESPACE = "knative-serving";
  private static final Map<String, String> PLURALS =
      Map.of("NetworkPolicy", "networkpolicies", "Namespace", "namespaces");

  @ParameterizedTest
  @EnumSource
  void everyOverlayIsApplied(Overlay overlay) throws IOException {
    api.post("/api/v1/namespaces", Wire.object("{metadata: {name: '%s'}}", NAMESPACE));
    for (ObjectNode object : overlay.objects()) {
      Reply reply =
          api.apply(
              "install", path(object) + "?dryRun=All&force=true&fieldValidation=Strict", object);
      assertThat(reply.code()).as("%s: %s", path(object), reply.text()).isIn(200, 201);
      assertThat(reply.warnings()).as(path(object)).allMatch(InstallContractTest::isKnown);
    }
  }

  /** Each pod of each Deployment is let into a namespace that is held to the strictest standard. */
  @ParameterizedTest
  @EnumSource
  void itsPodsMeetTheRestrictedStandard(Overlay overlay) throws IOException {
    String restricted = unique("restricted");
    api.post(
            "/api/v1/namespaces",
            Wire.object(
                "{metadata: {name: '%s', labels: {'pod-security.kubernetes.io/enforce':"
                    + " 'restricted'}}}",
                restricted))
        .is(201);
    backend.deleteAtEnd("/api/v1/namespaces/" + restricted);
    String accounts = "/api/v1/namespaces/" + restricted + "/serviceaccounts";
    List<ObjectNode> deployments =
        overlay.objects().stream()
            .filter(each -> each.path("kind").asText().equals("Deployment"))
            .toList();
    assertThat(deployments).isNotEmpty();
    for (ObjectNode deployment : deployments) {
      String name = deployment.at("/metadata/name").asText();
      api.post(accounts, Wire.object("{metadata: {name: '%s'}}", name)).is(201);
      ObjectNode pod = deployment.withObject("/spec/template").deepCopy();
      pod.put("apiVersion", "v1").put("kind", "Pod").withObject("/metadata").put("name", name);
      api.post("/api/v1/namespaces/" + restricted + "/pods?dryRun=All", pod).is(201);
    }
  }

  /** Where nothing acts on a kind, the embedded server says so (docs/embedded.md). */
  private static boolean isKnown(String warning) {
    return warning.contains("nothing acts on");
  }

  private static String path(ObjectNode object) {
    String version = object.path("apiVersion").asText();
    String kind = object.path("kind").asText();
    String plural = PLURALS.getOrDefault(kind, kind.toLowerCase(Locale.ROOT) + "s");
    String namespace = object.at("/metadata/namespace").asText();
    return (version.contains("/") ? "/apis/" : "/api/")
        + version
        + (namespace.isEmpty() ? "" : "/namespaces/" + namespace)
        + "/"
        + plural
        + "/"
        + object.at("/metadata/name").asText();
  }
}
