package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Webhooks that MutatingWebhookConfigurations and ValidatingWebhookConfigurations name. */
class AdmissionWebhookContractTest extends ContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/";
  private static final String CONFIG_MAPS =
      "{apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE', 'DELETE'],"
          + " resources: ['configmaps']}";

  private static HookServer server;

  private String installed = "";

  @BeforeAll
  static void start() throws IOException {
    server = new HookServer(InetAddress.getLoopbackAddress());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void uninstall() {
    if (!installed.isEmpty()) {
      api.delete(installed).is(200);
    }
  }

  /**
   * A webhook of the server's, of objects in the namespace of the cases; {@code more} comes last.
   */
  private ObjectNode hook(String path, String rules, String more) {
    return Wire.object(
        """
        {name: 'it.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'],
         clientConfig: {url: '%s', caBundle: '%s'}, rules: [%s],
         namespaceSelector: {matchLabels: {'kubernetes.io/metadata.name': '%s'}}%s}
        """,
        server.url(path), server.authority(), rules, namespace, more);
  }

  /** Makes a configuration of these webhooks; returns once the API server asks them. */
  private void install(String kind, ObjectNode... hooks) {
    String name = unique("hooks");
    String ready = "/" + unique("ready");
    server.answer(ready, request -> Wire.object("{allowed: true}"));
    ObjectNode configuration =
        Wire.object(
            """
            {apiVersion: 'admissionregistration.k8s.io/v1', kind: '%1$sWebhookConfiguration',
             metadata: {name: '%2$s'}, webhooks: []}
            """,
            kind, name);
    // The first, so that no other stands before it.
    ObjectNode first =
        hook(ready, CONFIG_MAPS, ", objectSelector: {matchLabels: {probe: '%s'}}".formatted(name));
    configuration.withArrayProperty("webhooks").add(first.put("name", "ready.example.com"));
    for (ObjectNode hook : hooks) {
      configuration.withArrayProperty("webhooks").add(hook);
    }
    String plural = kind.equals("Mutating") ? "mutating" : "validating";
    String path = CONFIGURATIONS + plural + "webhookconfigurations";
    api.post(path, configuration).is(201);
    installed = path + "/" + name;
    ObjectNode probe = configMap("probe-" + name);
    probe.withObjectProperty("metadata").putObject("labels").put("probe", name);
    await()
        .atMost(PATIENCE)
        .until(() -> {
          api.post(configMaps() + "?dryRun=All", probe);
          return !server.asked(ready).isEmpty();
        });
  }

  private String path(Function<JsonNode, ObjectNode> response) {
    String path = "/" + unique("hook");
    server.answer(path, response);
    return path;
  }

  private static ObjectNode allowed() {
    return Wire.object("{allowed: true}");
  }

  private static ObjectNode patch(String operations) {
    String encoded =
        Base64.getEncoder()
            .encodeToString(Wire.value(operations).toString().getBytes(StandardCharsets.UTF_8));
    return Wire.object("{allowed: true, patchType: 'JSONPatch', patch: '%s'}", encoded);
  }

  /** The requests about an object of this name. */
  private static List<JsonNode> about(String path, String name) {
    return server.asked(path).stream()
        .filter(request ->
            Stream.of("/name", "/object/metadata/name", "/oldObject/metadata/name")
                .anyMatch(place -> request.at(place).asText().equals(name)))
        .toList();
  }

  @Test
  void aMutatingWebhookIsToldOfACreationAndChangesTheObject() {
    String path = path(request -> patch("[{op: 'add', path: '/data/added', value: 'yes'}]"));
    install("Mutating", hook(path, CONFIG_MAPS, ""));
    String name = unique("made");
    Reply made = api.post(configMaps(), configMap(name)).is(201);
    assertThat(made.text("/data/added")).isEqualTo("yes");
    assertThat(api.get(configMaps() + "/" + name).text("/data/added")).isEqualTo("yes");
    JsonNode request = about(path, name).getFirst();
    assertThat(request.path("operation").asText()).isEqualTo("CREATE");
    assertThat(request.path("kind"))
        .isEqualTo(Wire.object("{group: '', version: 'v1', kind: 'ConfigMap'}"));
    assertThat(request.path("resource"))
        .isEqualTo(Wire.object("{group: '', version: 'v1', resource: 'configmaps'}"));
    assertThat(request.path("requestKind")).isEqualTo(request.path("kind"));
    assertThat(request.path("requestResource")).isEqualTo(request.path("resource"));
    assertThat(request.path("namespace").asText()).isEqualTo(namespace);
    assertThat(request.path("name").asText()).isEqualTo(name);
    assertThat(request.path("dryRun").asBoolean(true)).isFalse();
    assertThat(request.path("object").path("data").path("a").asText()).isEqualTo("1");
    assertThat(request.path("object").path("apiVersion").asText()).isEqualTo("v1");
    assertThat(request.path("object").path("kind").asText()).isEqualTo("ConfigMap");
    assertThat(request.path("oldObject").isNull()).isTrue();
    assertThat(request.path("options").path("kind").asText()).isEqualTo("CreateOptions");
    assertThat(request.path("userInfo").path("username").asText()).isNotEmpty();
    assertThat(request.path("userInfo").path("groups").toString()).contains("system:authenticated");
  }

  @Test
  void updatesPatchesAndDeletionsAreToldWithTheOldState() {
    String path = path(request -> allowed());
    install("Validating", hook(path, CONFIG_MAPS, ""));
    String name = nameIn(makeConfigMap("told"));
    ObjectNode changed = configMap(name);
    changed.withObjectProperty("data").put("a", "2");
    api.put(configMaps() + "/" + name, changed).is(200);
    api.patch(Api.MERGE_PATCH, configMaps() + "/" + name, "{data: {a: '3'}}").is(200);
    api.delete(configMaps() + "/" + name).is(200);
    List<JsonNode> told = about(path, name);
    assertThat(told)
        .extracting(request -> request.path("operation").asText())
        .containsExactly("CREATE", "UPDATE", "UPDATE", "DELETE");
    assertThat(told)
        .extracting(request -> request.at("/oldObject/data/a").asText())
        .containsExactly("", "1", "2", "3");
    assertThat(told)
        .extracting(request -> request.at("/object/data/a").asText())
        .containsExactly("1", "2", "3", "");
    assertThat(told)
        .extracting(request -> request.at("/options/kind").asText())
        .containsExactly("CreateOptions", "UpdateOptions", "UpdateOptions", "DeleteOptions");
    assertThat(told.get(3).path("object").isNull()).isTrue();
  }

  @Test
  void aRefusalIsPassedOnInTheWebhooksWords() {
    String path =
        path(request ->
            Wire.object(
                "{allowed: false, status: {code: 418, reason: 'Teapot', message: 'no coffee'}}"));
    install("Validating", hook(path, CONFIG_MAPS, ""));
    String name = unique("refused");
    api.post(configMaps(), configMap(name))
        .refuses(
            418, "Teapot", "admission webhook \"it.example.com\" denied the request: no coffee");
    api.get(configMaps() + "/" + name).is(404);
  }

  @Test
  void aRefusalWithoutWordsSaysSo() {
    String path = path(request -> Wire.object("{allowed: false}"));
    install("Mutating", hook(path, CONFIG_MAPS, ""));
    Reply refused = api.post(configMaps(), configMap(unique("refused"))).is(400);
    assertThat(refused.text("/message"))
        .isEqualTo("admission webhook \"it.example.com\" denied the request without explanation");
    assertThat(refused.text("/status")).isEqualTo("Failure");
  }

  @Test
  void whatAMutatingWebhookMakesIsValidatedAndSeenByThoseThatJudge() {
    String path = path(request -> patch("[{op: 'add', path: '/data/a b', value: 'x'}]"));
    install("Mutating", hook(path, CONFIG_MAPS, ""));
    api.post(configMaps(), configMap(unique("bad")))
        .refusesSaying(422, "Invalid", "data[a b]: Invalid value");
  }

  @Test
  void whoCannotBeAskedStopsTheRequestUnlessThatIsToBeIgnored() {
    ObjectNode unreachable = hook("/none", CONFIG_MAPS, ", failurePolicy: 'Fail'");
    unreachable.withObjectProperty("clientConfig").put("url", "https://127.0.0.1:1/none");
    install(
        "Validating",
        hook("/ignored", "%s".formatted(CONFIG_MAPS), ", failurePolicy: 'Ignore'")
            .put("name", "ignored.example.com"));
    api.post(configMaps(), configMap(unique("ignored"))).is(201);
    uninstall();
    installed = "";
    install(
        "Validating",
        ((ObjectNode)
            unreachable.set("objectSelector", Wire.object("{matchLabels: {strict: 'yes'}}"))));
    ObjectNode strict = configMap(unique("strict"));
    strict.withObjectProperty("metadata").putObject("labels").put("strict", "yes");
    api.post(configMaps(), strict)
        .refusesSaying(
            500,
            "InternalError",
            "Internal error occurred: failed calling webhook \"it.example.com\": failed to call"
                + " webhook: Post \"https://127.0.0.1:1/none?timeout=10s\":");
  }

  @Test
  void aWebhookThatIsSlowerThanItsLimitHasFailed() {
    CountDownLatch end = new CountDownLatch(1);
    String path =
        path(request -> {
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return allowed();
        });
    install(
        "Validating",
        hook(
            path,
            CONFIG_MAPS,
            ", timeoutSeconds: 1, objectSelector: {matchLabels: {slow: 'yes'}}"));
    ObjectNode slow = configMap(unique("slow"));
    slow.withObjectProperty("metadata").putObject("labels").put("slow", "yes");
    api.post(configMaps(), slow).refusesSaying(500, "InternalError", "context deadline exceeded");
    end.countDown();
  }

  @Test
  void aCertificateOfAnotherAuthorityIsNotTrusted() throws IOException {
    String path = path(request -> allowed());
    try (HookServer other = new HookServer(InetAddress.getLoopbackAddress())) {
      ObjectNode hook = hook(path, CONFIG_MAPS, ", objectSelector: {matchLabels: {other: 'yes'}}");
      hook.withObjectProperty("clientConfig").put("caBundle", other.authority());
      install("Validating", hook);
    }
    ObjectNode object = configMap(unique("other"));
    object.withObjectProperty("metadata").putObject("labels").put("other", "yes");
    api.post(configMaps(), object)
        .refusesSaying(500, "InternalError", "failed calling webhook \"it.example.com\"");
    assertThat(server.asked(path)).isEmpty();
  }

  @Test
  void aCertificateForAnotherNameIsNotTrusted() {
    String path = path(request -> allowed());
    ObjectNode hook = hook(path, CONFIG_MAPS, ", objectSelector: {matchLabels: {named: 'yes'}}");
    hook.withObjectProperty("clientConfig").put("url", "https://localhost:" + server.port() + path);
    install("Validating", hook);
    ObjectNode object = configMap(unique("named"));
    object.withObjectProperty("metadata").putObject("labels").put("named", "yes");
    api.post(configMaps(), object)
        .refusesSaying(500, "InternalError", "failed calling webhook \"it.example.com\"");
    assertThat(server.asked(path)).isEmpty();
  }

  @Test
  void anAnswerToAnotherQuestionIsNone() {
    String path = "/" + unique("hook");
    server.answerWhole(
        path,
        review ->
            Wire.object(
                "{kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: {uid: 'x',"
                    + " allowed: true}}"));
    install(
        "Validating", hook(path, CONFIG_MAPS, ", objectSelector: {matchLabels: {wrong: 'yes'}}"));
    ObjectNode object = configMap(unique("wrong"));
    object.withObjectProperty("metadata").putObject("labels").put("wrong", "yes");
    api.post(configMaps(), object).refusesSaying(500, "InternalError", "expected response.uid=");
  }

  @Test
  void aWebhookIsAskedAboutLabelsThatItSelects() {
    String path = path(request -> allowed());
    install(
        "Validating",
        hook(
            path,
            CONFIG_MAPS,
            ", objectSelector: {matchExpressions: [{key: 'tier', operator: 'In', values:"
                + " ['a']}]}"));
    ObjectNode chosen = configMap(unique("chosen"));
    chosen.withObjectProperty("metadata").putObject("labels").put("tier", "a");
    String other = nameIn(makeConfigMap("other"));
    api.post(configMaps(), chosen).is(201);
    String name = chosen.at("/metadata/name").asText();
    // Of an update it is asked if either state has the labels.
    api.patch(Api.MERGE_PATCH, configMaps() + "/" + name, "{metadata: {labels: {tier: null}}}")
        .is(200);
    api.patch(Api.MERGE_PATCH, configMaps() + "/" + name, "{data: {a: '9'}}").is(200);
    assertThat(about(path, other)).isEmpty();
    assertThat(about(path, name)).hasSize(2);
  }

  @Test
  void aWebhookIsNotAskedAboutOtherNamespaces() {
    String path = path(request -> Wire.object("{allowed: false}"));
    install("Validating", hook(path, CONFIG_MAPS, ""));
    String other = backend.freshNamespace("elsewhere");
    api.post("/api/v1/namespaces/" + other + "/configmaps", configMap("free")).is(201);
    api.post(configMaps(), configMap(unique("held"))).is(400);
  }

  @Test
  void aDryRunIsToldAsOne() {
    String path = path(request -> allowed());
    install("Validating", hook(path, CONFIG_MAPS, ""));
    String name = unique("dry");
    api.post(configMaps() + "?dryRun=All", configMap(name)).is(201);
    assertThat(about(path, name))
        .singleElement()
        .satisfies(request -> {
          assertThat(request.path("dryRun").asBoolean()).isTrue();
          assertThat(request.at("/options/dryRun/0").asText()).isEqualTo("All");
        });
  }

  @Test
  void aWebhookThatWantsItSeesWhatALaterOneHasChanged() {
    String first = path(request -> allowed());
    String second =
        path(request ->
            request.at("/object/data/late").isMissingNode()
                ? patch("[{op: 'add', path: '/data/late', value: 'x'}]")
                : allowed());
    install(
        "Mutating",
        hook(first, CONFIG_MAPS, ", reinvocationPolicy: 'IfNeeded'"),
        hook(second, CONFIG_MAPS, "").put("name", "second.example.com"));
    String name = unique("again");
    api.post(configMaps(), configMap(name)).is(201);
    assertThat(about(first, name))
        .extracting(request -> request.at("/object/data/late").asText())
        .containsExactly("", "x");
    assertThat(about(second, name)).hasSize(1);
  }

  @Test
  void warningsReachTheClient() {
    String path = path(request -> Wire.object("{allowed: true, warnings: ['mind the gap']}"));
    install("Validating", hook(path, CONFIG_MAPS, ""));
    assertThat(api.post(configMaps(), configMap(unique("warned"))).is(201).warnings())
        .contains("mind the gap");
  }

  @Test
  void aPatchThatDoesNotFitStopsTheRequest() {
    String path = path(request -> patch("[{op: 'remove', path: '/nothing/there'}]"));
    install("Mutating", hook(path, CONFIG_MAPS, ""));
    api.post(configMaps(), configMap(unique("unfit"))).is(500);
  }

  @Test
  void aWebhookMayAskTheServerThatAsksIt() {
    Api same = api;
    String maps = configMaps();
    String path =
        path(request -> {
          String name = request.path("name").asText() + "-inner";
          boolean inner = request.path("name").asText().endsWith("-inner");
          int code = inner ? 201 : same.post(maps, configMap(name)).code();
          return Wire.object("{allowed: %s}", code == 201);
        });
    install("Validating", hook(path, CONFIG_MAPS, ""));
    String name = unique("outer");
    api.post(configMaps(), configMap(name)).is(201);
    api.get(configMaps() + "/" + name + "-inner").is(200);
  }

  @Test
  void aSubresourceIsAskedAboutByItsName() {
    String whole = path(request -> allowed());
    String part = path(request -> allowed());
    String rule =
        "{apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['%s']}";
    install(
        "Validating",
        hook(whole, rule.formatted("deployments"), ""),
        hook(part, rule.formatted("deployments/scale"), "").put("name", "scale.example.com"));
    String deployment = makeDeployment("parts");
    api.patch(Api.MERGE_PATCH, deployment + "/scale", "{spec: {replicas: 2}}").is(200);
    api.patch(Api.MERGE_PATCH, deployment, "{metadata: {labels: {x: 'y'}}}").is(200);
    String name = nameIn(deployment);
    // Perhaps more than once: a write that meets another is tried again.
    assertThat(about(part, name))
        .isNotEmpty()
        .allSatisfy(request -> {
          assertThat(request.path("subResource").asText()).isEqualTo("scale");
          assertThat(request.path("kind"))
              .isEqualTo(Wire.object("{group: 'autoscaling', version: 'v1', kind: 'Scale'}"));
          assertThat(request.at("/object/kind").asText()).isEqualTo("Scale");
          assertThat(request.at("/object/spec/replicas").asInt()).isEqualTo(2);
        });
    assertThat(about(whole, name))
        .extracting(request -> request.path("subResource").asText(""))
        .containsOnly("");
  }

  @Test
  void aRuleInAnotherVersionCountsWhereThatIsWanted() {
    String equivalent = path(request -> allowed());
    String exact = path(request -> allowed());
    String rule =
        "{apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['CREATE'],"
            + " resources: ['horizontalpodautoscalers']}";
    install(
        "Validating",
        hook(equivalent, rule, ", matchPolicy: 'Equivalent'"),
        hook(exact, rule, ", matchPolicy: 'Exact'").put("name", "exact.example.com"));
    String name = unique("scaler");
    api.post(
            path("autoscaling/v2", "horizontalpodautoscalers"),
            Wire.object(
                """
                {apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler',
                 metadata: {name: '%s'}, spec: {maxReplicas: 3,
                  scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name: 'none'},
                  metrics: [{type: 'Resource', resource: {name: 'cpu',
                   target: {type: 'Utilization', averageUtilization: 70}}}]}}
                """,
                name))
        .is(201);
    assertThat(about(exact, name)).isEmpty();
    assertThat(about(equivalent, name))
        .singleElement()
        .satisfies(request -> {
          assertThat(request.at("/kind/version").asText()).isEqualTo("v1");
          assertThat(request.at("/requestKind/version").asText()).isEqualTo("v2");
          assertThat(request.at("/object/apiVersion").asText()).isEqualTo("autoscaling/v1");
          assertThat(request.at("/object/spec/targetCPUUtilizationPercentage").asInt())
              .isEqualTo(70);
        });
  }

  @Test
  void noWebhookStandsInTheWayOfItsOwnRemoval() {
    ObjectNode everything =
        Wire.object(
            """
            {name: 'it.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'],
             failurePolicy: 'Fail', clientConfig: {url: 'https://127.0.0.1:1/'},
             rules: [{apiGroups: ['admissionregistration.k8s.io'], apiVersions: ['*'],
              operations: ['*'], resources: ['*/*']}]}
            """);
    install("Validating", everything);
    api.patch(Api.MERGE_PATCH, installed, "{metadata: {labels: {x: 'y'}}}").is(200);
    api.delete(installed).is(200);
    installed = "";
  }

  @Test
  void anEvictionIsTheCreationOfASubresource() {
    String path = path(request -> Wire.object("{allowed: false, status: {message: 'stay'}}"));
    install(
        "Validating",
        hook(
            path,
            "{apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'],"
                + " resources: ['pods/eviction']}",
            ""));
    String name = unique("evicted");
    api.post(core("pods"), pod(name)).is(201);
    api.post(
            core("pods") + "/" + name + "/eviction",
            Wire.object(
                "{apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name: '%s'}}", name))
        .refusesSaying(400, "", "denied the request: stay");
    api.get(core("pods") + "/" + name).is(200);
    assertThat(about(path, name))
        .allSatisfy(request -> {
          assertThat(request.path("subResource").asText()).isEqualTo("eviction");
          assertThat(request.at("/kind/kind").asText()).isEqualTo("Eviction");
        })
        .isNotEmpty();
  }

  @Test
  void anExecIsAConnection() {
    String path = path(request -> Wire.object("{allowed: false, status: {message: 'no shell'}}"));
    install(
        "Validating",
        hook(
            path,
            "{apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'],"
                + " resources: ['pods/exec']}",
            ""));
    String name = unique("exec");
    api.post(core("pods"), pod(name)).is(201);
    api.get(core("pods") + "/" + name + "/exec?command=sh&stdout=true&container=one")
        .refusesSaying(400, "", "denied the request: no shell");
    assertThat(about(path, name))
        .singleElement()
        .satisfies(request -> {
          assertThat(request.path("operation").asText()).isEqualTo("CONNECT");
          assertThat(request.path("subResource").asText()).isEqualTo("exec");
          assertThat(request.at("/object/kind").asText()).isEqualTo("PodExecOptions");
          assertThat(request.at("/object/command/0").asText()).isEqualTo("sh");
        });
  }

  @Test
  void aConnectionToAServiceIsAskedAbout() {
    String path = path(request -> Wire.object("{allowed: false, status: {message: 'no way'}}"));
    install(
        "Validating",
        hook(
            path,
            "{apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'],"
                + " resources: ['services/proxy']}",
            ""));
    api.get(core("services") + "/none/proxy/x").refusesSaying(400, "", "the request: no way");
    assertThat(server.asked(path).getFirst().at("/object/kind").asText())
        .isEqualTo("ServiceProxyOptions");
  }

  @Test
  void aWebhookIsFoundBehindAService() throws IOException {
    String service = unique("hook");
    Optional<InetAddress> here = addressOfThisMachine();
    if (here.isEmpty() && !backend.isEmbedded()) {
      System.out.println("SKIPPED: this machine has loopback addresses alone");
      return;
    }
    InetAddress address = here.orElse(InetAddress.getLoopbackAddress());
    try (HookServer behind = new HookServer(address, service + "." + namespace + ".svc")) {
      behind.answer("/judge", request -> Wire.object("{allowed: false, status: {message: 'x'}}"));
      api.post(
              core("services"),
              Wire.object(
                  "{apiVersion: 'v1', kind: 'Service', metadata: {name: '%s'}, spec: {ports:"
                      + " [{name: 'https', port: 444, targetPort: 9}]}}",
                  service))
          .is(201);
      api.post(
              core("endpoints"),
              Wire.object(
                  "{apiVersion: 'v1', kind: 'Endpoints', metadata: {name: '%s'}, subsets:"
                      + " [{addresses: [{ip: '%s'}], ports: [{name: 'https', port: %d}]}]}",
                  service, address.getHostAddress(), behind.port()))
          .is(201);
      ObjectNode hook = hook("/", CONFIG_MAPS, ", objectSelector: {matchLabels: {by: 'service'}}");
      hook.set(
          "clientConfig",
          Wire.object(
              "{caBundle: '%s', service: {namespace: '%s', name: '%s', port: 444, path:"
                  + " '/judge'}}",
              behind.authority(), namespace, service));
      install("Validating", hook);
      ObjectNode object = configMap(unique("by-service"));
      object.withObjectProperty("metadata").putObject("labels").put("by", "service");
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> api.post(configMaps(), object).refusesSaying(400, "", "denied the request: x"));
    }
  }

  private static Optional<InetAddress> addressOfThisMachine() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address ->
            address instanceof Inet4Address
                && !address.isLoopbackAddress()
                && !address.isLinkLocalAddress())
        .findFirst();
  }
}
