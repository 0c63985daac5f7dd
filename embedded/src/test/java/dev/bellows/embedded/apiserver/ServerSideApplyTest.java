package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ServerSideApplyTest {
  private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
  private static final Instant T2 = Instant.parse("2026-01-01T00:00:02Z");

  private static final Resource DEPLOYMENTS =
      BuiltIns.all().stream()
          .filter(resource -> resource.type().equals(ResourceTypes.DEPLOYMENTS))
          .findFirst()
          .orElseThrow();

  private ObjectNode live = Json.object();

  @Test
  void twoManagersOwnElementsOfOneListSideBySide() {
    apply("a", "spec: {template: {spec: {containers: [{name: main, image: x}]}}}");
    apply("b", "spec: {template: {spec: {containers: [{name: side, image: y}]}}}");

    assertThat(live.at("/spec/template/spec/containers").findValuesAsText("name"))
        .containsExactly("main", "side");
    assertThat(owned("b").toString())
        .isEqualTo(
            "{\"f:spec\":{\"f:template\":{\"f:spec\":{\"f:containers\":"
                + "{\"k:{\\\"name\\\":\\\"side\\\"}\":{\".\":{},\"f:image\":{},\"f:name\":{}}}}}}}");
  }

  @Test
  void whatAManagerNoLongerAppliesGoesUnlessAnotherHasItToo() {
    apply("a", "spec: {replicas: 2, paused: true}");
    apply("b", "spec: {replicas: 2}");

    apply("a", "spec: {minReadySeconds: 5}");

    assertThat(live.path("spec").has("paused")).isFalse();
    assertThat(live.at("/spec/replicas").asInt()).isEqualTo(2);
  }

  @Test
  void theSameValueIsNoConflictAndAnotherIs() {
    apply("a", "spec: {replicas: 2}");
    apply("b", "spec: {replicas: 2}");

    assertThatThrownBy(() -> apply("b", "spec: {replicas: 3}"))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(409))
        .hasMessage("Apply failed with 1 conflict: conflict with \"a\": .spec.replicas");
  }

  @Test
  void severalConflictsAreListedByManager() {
    apply("a", "spec: {replicas: 2, paused: true}");
    update("u", "spec: {minReadySeconds: 1}");

    assertThatThrownBy(() -> apply("b", "spec: {replicas: 3, paused: false, minReadySeconds: 2}"))
        .hasMessage(
            """
            Apply failed with 3 conflicts: conflicts with "a":
            - .spec.paused
            - .spec.replicas
            conflicts with "u" using apps/v1 at 2026-01-01T00:00:02Z:
            - .spec.minReadySeconds\
            """);
  }

  /** Element by element, each looked for in the whole list, this would take longer than a day. */
  @Test
  @Timeout(60)
  void longListsAreComparedAndMergedInOnePass() {
    StringBuilder variables = new StringBuilder();
    for (int i = 0; i < 50_000; i++) {
      variables.append("{name: V").append(i).append(", value: a},");
    }
    String container =
        "spec: {template: {spec: {containers: [{name: main, image: x, env: [" + variables;
    apply("a", container + "]}]}}}");
    apply("a", container + "{name: LAST, value: b}]}]}}}");
    update("u", "spec: {replicas: 3}");

    assertThat(live.at("/spec/template/spec/containers/0/env")).hasSize(50_001);
    assertThat(live.at("/spec/template/spec/containers/0/env/50000/name").asText())
        .isEqualTo("LAST");
    assertThat(owned("u").toString()).isEqualTo("{\"f:spec\":{\"f:replicas\":{}}}");
  }

  @Test
  void forceTakesOver() {
    apply("a", "spec: {replicas: 2, paused: true}");

    live =
        ManagedFields.apply(
            DEPLOYMENTS, Subresource.NONE, live, Yaml.object("spec: {replicas: 3}"), "b", true, T2);

    assertThat(live.at("/spec/replicas").asInt()).isEqualTo(3);
    assertThat(owned("a").toString()).isEqualTo("{\"f:spec\":{\"f:paused\":{}}}");
    assertThat(owned("b").toString()).isEqualTo("{\"f:spec\":{\"f:replicas\":{}}}");
  }

  @Test
  void anUpdateTakesOverWhatItChangesAndOnlyThat() {
    apply("a", "spec: {replicas: 2, paused: true}");
    update("u", "spec: {replicas: 5, paused: true}");

    assertThat(owned("a").toString()).isEqualTo("{\"f:spec\":{\"f:paused\":{}}}");
    assertThat(owned("u").toString()).isEqualTo("{\"f:spec\":{\"f:replicas\":{}}}");
  }

  @Test
  void applyingTheSameAgainChangesNothing() {
    apply("a", "spec: {replicas: 2}");
    ObjectNode before = live.deepCopy();

    live =
        ManagedFields.apply(
            DEPLOYMENTS,
            Subresource.NONE,
            live,
            Yaml.object("spec: {replicas: 2}"),
            "a",
            false,
            T2);

    assertThat(live).isEqualTo(before);
  }

  @Test
  void anAtomicListIsOneValue() {
    apply("a", "spec: {template: {spec: {containers: [{name: m, command: [x, y]}]}}}");
    apply("a", "spec: {template: {spec: {containers: [{name: m, command: [z]}]}}}");

    assertThat(live.at("/spec/template/spec/containers/0/command").toString()).isEqualTo("[\"z\"]");
  }

  @Test
  void portsAreToldApartByNumberAndDefaultProtocol() {
    apply("a", "spec: {template: {spec: {containers: [{name: m, ports: [{containerPort: 80}]}]}}}");
    apply(
        "b",
        "spec: {template: {spec: {containers: [{name: m, ports: [{containerPort: 80, protocol:"
            + " UDP}]}]}}}");

    assertThat(live.at("/spec/template/spec/containers/0/ports")).hasSize(2);
  }

  @Test
  void emptyManagedFieldsInAnUpdateForgetAll() {
    apply("a", "spec: {replicas: 2}");
    ObjectNode next = live.deepCopy();
    ObjectMeta.of(next).node().putArray("managedFields").addObject();

    ManagedFields.noteUpdate(DEPLOYMENTS, Subresource.NONE, live, next, "u", T2);

    assertThat(next.path("metadata").has("managedFields")).isFalse();
  }

  private void apply(String manager, String yaml) {
    live =
        ManagedFields.apply(
            DEPLOYMENTS, Subresource.NONE, live, Yaml.object(yaml), manager, false, T1);
  }

  private void update(String manager, String yaml) {
    ObjectNode next = MergePatch.apply(Yaml.object(yaml), live);
    ManagedFields.noteUpdate(DEPLOYMENTS, Subresource.NONE, live, next, manager, T2);
    live = next;
  }

  private ObjectNode owned(String manager) {
    for (var entry : live.path("metadata").path("managedFields")) {
      if (entry.path("manager").asText().equals(manager)) {
        return (ObjectNode) entry.path("fieldsV1");
      }
    }
    throw new AssertionError(manager + " owns nothing");
  }
}
