package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Webhooks that want to hear only of requests that their conditions describe. Nobody answers at
 * their address, so that a request of which one wants to hear fails.
 */
class MatchConditionsContractTest extends ContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/";
  private String installed = "";

  @AfterEach
  void uninstall() {
    if (!installed.isEmpty()) {
      api.delete(installed).is(200);
    }
  }

  private ObjectNode hook(String name, String labels, String policy, String conditions) {
    return Wire.object(
        """
        {name: '%s.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'],
         clientConfig: {url: 'https://127.0.0.1:1/hook'}, failurePolicy: '%s',
         rules: [{operations: ['*'], apiGroups: [''], apiVersions: ['v1'],
           resources: ['configmaps']}],
         namespaceSelector: {matchLabels: {'kubernetes.io/metadata.name': '%s'}},
         objectSelector: {matchLabels: %s}, matchConditions: %s}
        """,
        name, policy, namespace, labels, conditions);
  }

  private static ObjectNode configuration(String kind, String name, ObjectNode... hooks) {
    ObjectNode configuration =
        Wire.object(
            """
            {apiVersion: 'admissionregistration.k8s.io/v1', kind: '%sWebhookConfiguration',
             metadata: {name: '%s'}}
            """,
            kind, name);
    ArrayNode list = configuration.putArray("webhooks");
    for (ObjectNode hook : hooks) {
      list.add(hook);
    }
    return configuration;
  }

  /** Returns once the API server knows of it. */
  private void install(String kind, String policy, String conditions) {
    String name = unique("conditions");
    String plural = kind.equals("Mutating") ? "mutating" : "validating";
    String path = CONFIGURATIONS + plural + "webhookconfigurations";
    api.post(
            path,
            configuration(
                kind,
                name,
                hook("ready", "{probe: '%s'}".formatted(name), "Fail", "[]"),
                hook("it", "{asked: 'yes'}", policy, conditions)))
        .is(201);
    installed = path + "/" + name;
    ObjectNode probe = configMap("probe-" + name);
    probe.withObjectProperty("metadata").putObject("labels").put("probe", name);
    await()
        .atMost(PATIENCE)
        .until(() -> api.post(configMaps() + "?dryRun=All", probe).code() == 500);
  }

  private Reply make(String name) {
    ObjectNode object = configMap(name);
    object.withObjectProperty("metadata").putObject("labels").put("asked", "yes");
    return api.post(configMaps() + "?dryRun=All", object);
  }

  private static void isAsked(Reply reply) {
    reply.refusesSaying(500, "InternalError", "failed calling webhook \"it.example.com\"");
  }

  private static String condition(String name, String expression) {
    return Wire.object("{}").put("name", name).put("expression", expression).toString();
  }

  private Reply ask(String conditions) {
    return api.post(
        CONFIGURATIONS + "validatingwebhookconfigurations?dryRun=All",
        configuration("Validating", "asked", hook("it", "{}", "Fail", conditions)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Mutating", "Validating"})
  void aWebhookIsAskedWhereAllConditionsHold(String kind) {
    install(
        kind,
        "Fail",
        "["
            + condition("name", "object.metadata.name.startsWith('wanted')")
            + ","
            + condition("data", "object.data.a == '1'")
            + "]");
    isAsked(make(unique("wanted")));
    make(unique("other")).is(201);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "request.operation == 'CREATE' && request.dryRun && request.options.dryRun == ['All']",
        "request.kind.kind == 'ConfigMap' && request.kind.group == '' && request.kind.version =="
            + " 'v1'",
        "request.resource.resource == 'configmaps' && request.requestResource.version == 'v1'",
        "request.namespace == object.metadata.namespace && request.name == object.metadata.name",
        "request.userInfo.username != '' && 'system:masters' in request.userInfo.groups",
        "oldObject == null && object != null && object.kind == 'ConfigMap'",
        "!has(request.subResource) && !has(request.userInfo.extra) || true",
        "authorizer.requestResource.check('create').allowed()",
        "authorizer.group('apps').resource('deployments').namespace('x').name('y')"
            + ".subresource('status').check('update').allowed()",
        "authorizer.path('/healthz').check('get').allowed()",
        "!authorizer.serviceAccount('default', 'default').group('').resource('secrets')"
            + ".check('list').allowed()",
        "[1, 2].all(i, v, v == i + 1) && object.data.?a.orValue('') == '1'"
      })
  void aConditionSeesTheRequest(String expression) {
    install("Validating", "Fail", "[" + condition("c", expression) + "]");
    isAsked(make(unique("seen")));
  }

  @Test
  void anUpdateIsComparedWithWhatWas() {
    install(
        "Validating",
        "Fail",
        "["
            + condition("changed", "request.operation == 'UPDATE' && object.data != oldObject.data")
            + "]");
    ObjectNode object = configMap(unique("changed"));
    object.withObjectProperty("metadata").putObject("labels").put("asked", "yes");
    api.post(configMaps(), object).is(201);
    String path = configMaps() + "/" + object.at("/metadata/name").asText();
    api.patch(Api.MERGE_PATCH, path, "{metadata: {labels: {more: 'x'}}}").is(200);
    isAsked(api.patch(Api.MERGE_PATCH, path, "{data: {a: '7'}}"));
    api.delete(path).is(200);
  }

  @Test
  void aConditionWithoutAValueStopsTheRequest() {
    String wrong = "object.data.none == 'x'";
    install("Validating", "Fail", "[" + condition("c", wrong) + "]");
    String name = unique("stopped");
    make(name)
        .refuses(
            403,
            "Forbidden",
            "configmaps \""
                + name
                + "\" is forbidden: expression '"
                + wrong
                + "' resulted in error: no such key: none");
  }

  @Test
  void aConditionSeesNothingOfTheNamespace() {
    install(
        "Validating",
        "Fail",
        "[" + condition("c", "namespaceObject.metadata.name == request.namespace") + "]");
    make(unique("stopped"))
        .refusesSaying(403, "Forbidden", "resulted in error: no such key: metadata");
  }

  @Test
  void twoConditionsWithoutAValueAreBothTold() {
    install(
        "Mutating",
        "Fail",
        "["
            + condition("a", "object.data.none == 'x'")
            + ","
            + condition("b", "object.data['nil'] == 'x'")
            + "]");
    make(unique("stopped"))
        .refusesSaying(
            403,
            "Forbidden",
            "is forbidden: [expression 'object.data.none == 'x'' resulted in error: no such key:"
                + " none, expression 'object.data['nil'] == 'x'' resulted in error: no such key:"
                + " nil]");
  }

  @Test
  void aConditionWithoutAValueIsIgnoredWhereFailuresAre() {
    install("Validating", "Ignore", "[" + condition("c", "object.data.none == 'x'") + "]");
    make(unique("ignored")).is(201);
  }

  @Test
  void aConditionThatDoesNotHoldSettlesIt() {
    install(
        "Validating",
        "Fail",
        "[" + condition("a", "object.data.none == 'x'") + "," + condition("b", "false") + "]");
    make(unique("settled")).is(201);
  }

  @Test
  void aConditionThatCostsTooMuchHasNoValue() {
    String ten = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
    String loops = "";
    for (String variable : new String[] {"a", "b", "c", "d", "e", "f"}) {
      loops += ten + ".all(" + variable + ", ";
    }
    install(
        "Validating",
        "Fail",
        "[" + condition("c", loops + "a + b + c + d + e + f > 0))))))") + "]");
    make(unique("costly"))
        .refusesSaying(
            403, "Forbidden", "resulted in error: operation cancelled: actual cost limit exceeded");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "self.x | 1 | undeclared reference to 'self' (in container '')",
        "params.x == 1 | 1 | undeclared reference to 'params' (in container '')",
        "request.none == 1 | 8 | undefined field 'none'",
        "request.object.x == 1 | 8 | undefined field 'object'",
        "authorizer.check('get').allowed() | 17 | found no matching overload for 'check' applied to"
            + " 'kubernetes.authorization.Authorizer.(string)'"
      })
  void aConditionThatDoesNotCompileIsRefused(String expression, int column, String why) {
    Reply refused = ask("[" + condition("c", expression) + "]");
    assertThat(refused.is(422).causes())
        .containsExactly("FieldValueInvalid webhooks[0].matchConditions[0].expression");
    assertThat(refused.text("/details/causes/0/message"))
        .isEqualTo(
            "Invalid value: \""
                + expression
                + "\": compilation failed: ERROR: <input>:1:"
                + column
                + ": "
                + why
                + "\n | "
                + expression
                + "\n | "
                + ".".repeat(column - 1)
                + "^");
  }

  @Test
  void aConditionIsTrueOrFalse() {
    ask("[" + condition("c", "1") + "]")
        .refusesSaying(422, "Invalid", "Invalid value: \"1\": must evaluate to bool but got int");
    ask("[" + condition("c", "object") + "]")
        .refusesSaying(422, "Invalid", "\"object\": must evaluate to bool but got dyn");
  }

  @Test
  void conditionsHaveNamesOfTheirOwn() {
    String at = " webhooks[0].matchConditions";
    assertThat(ask("[{name: 'a'}]").is(422).causes())
        .containsExactly("FieldValueRequired" + at + "[0].expression");
    assertThat(ask("[{expression: 'true'}]").is(422).causes())
        .containsExactly("FieldValueRequired" + at + "[0].name");
    assertThat(
            ask("[" + condition("a", "true") + "," + condition("a", "true") + "]").is(422).causes())
        .containsExactly("FieldValueDuplicate" + at + "[1].name");
    assertThat(ask("[" + condition("Bad name", "true") + "]").is(422).causes())
        .containsExactly("FieldValueInvalid" + at + "[0].name");
    ask("[" + condition("example.com/good", "true") + "]").is(201);
  }

  @Test
  void conditionsAreFew() {
    String many =
        IntStream.range(0, 65)
            .mapToObj(i -> condition("c" + i, "true"))
            .collect(Collectors.joining(",", "[", "]"));
    ask(many)
        .refusesSaying(
            422,
            "Invalid",
            "webhooks[0].matchConditions: Too many: 65: must have at most 64 items");
  }
}
