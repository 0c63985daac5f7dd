package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeleteContractTest extends ContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A ConfigMap that another owns. */
  private String makeOwned(String ownerPath, String finalizer) {
    Reply owner = api.get(ownerPath);
    ObjectNode owned = configMap(unique("owned"));
    owned
        .withObjectProperty("metadata")
        .set(
            "ownerReferences",
            Wire.value(
                "[{apiVersion: 'v1', kind: 'ConfigMap', name: '%s', uid: '%s',"
                    + " blockOwnerDeletion: true}]",
                owner.name(), owner.uid()));
    if (!finalizer.isEmpty()) {
      owned.withObjectProperty("metadata").putArray("finalizers").add(finalizer);
    }
    api.post(configMaps(), owned).is(201);
    return configMaps() + "/" + owned.at("/metadata/name").asText();
  }

  private void release(String path) {
    api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: null}}").is(200);
  }

  private void awaitGone(String path) {
    await().atMost(PATIENCE).until(() -> api.get(path).code() == 404);
  }

  @Test
  void aDeletionIsAnsweredWithAStatusOfWhatIsGone() {
    String path = makeConfigMap("a");
    String uid = api.get(path).uid();
    Reply gone = api.delete(path).is(200);
    assertThat(gone.text("/kind")).isEqualTo("Status");
    assertThat(gone.text("/status")).isEqualTo("Success");
    assertThat(gone.text("/details/name")).isEqualTo(nameIn(path));
    assertThat(gone.text("/details/kind")).isEqualTo("configmaps");
    assertThat(gone.text("/details/uid")).isEqualTo(uid);
    api.get(path).is(404);
  }

  @Test
  void someKindsAnswerWithTheObject() {
    String name = unique("s");
    api.post(
            core("services"),
            Wire.object("{metadata: {name: '%s'}, spec: {ports: [{port: 80}]}}", name))
        .is(201);
    Reply gone = api.delete(core("services") + "/" + name).is(200);
    assertThat(gone.text("/kind")).isEqualTo("Service");
    assertThat(gone.name()).isEqualTo(name);
  }

  @Test
  void aDeletionOfWhatIsNotThereIsNotFound() {
    api.delete(configMaps() + "/missing")
        .refuses(404, "NotFound", "configmaps \"missing\" not found");
  }

  @Test
  void aFinalizerHoldsTheObject() {
    String path = makeConfigMap("a");
    api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: ['example.com/wait']}}").is(200);
    Reply marked = api.delete(path).is(200);
    assertThat(marked.text("/kind")).isEqualTo("ConfigMap");
    assertThat(marked.text("/metadata/deletionTimestamp")).isNotEmpty();
    assertThat(marked.at("/metadata/deletionGracePeriodSeconds").asInt(-1)).isZero();
    assertThat(api.get(path).is(200).at("/metadata").has("deletionTimestamp")).isTrue();
    release(path);
    api.get(path).is(404);
  }

  @Test
  void aSecondDeletionOfAHeldObjectChangesNothing() {
    String path = makeConfigMap("a");
    api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: ['example.com/wait']}}").is(200);
    String version = api.delete(path).is(200).resourceVersion();
    assertThat(api.delete(path).is(200).resourceVersion()).isEqualTo(version);
    release(path);
  }

  @Test
  void aHeldObjectTakesNoNewFinalizer() {
    String path = makeConfigMap("a");
    api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: ['example.com/wait']}}").is(200);
    api.delete(path).is(200);
    Reply refused =
        api.patch(
                Api.MERGE_PATCH,
                path,
                "{metadata: {finalizers: ['example.com/wait', 'example.com/more']}}")
            .refusesSaying(
                422,
                "Invalid",
                "no new finalizers can be added if the object is being deleted, found new"
                    + " finalizers []string{\"example.com/more\"}");
    assertThat(refused.causes()).contains("FieldValueForbidden metadata.finalizers");
    release(path);
  }

  @Test
  void aHeldObjectCanBeChangedOtherwise() {
    String path = makeConfigMap("a");
    api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: ['example.com/wait']}}").is(200);
    api.delete(path).is(200);
    api.patch(Api.MERGE_PATCH, path, "{data: {a: 'last words'}}").is(200);
    release(path);
  }

  @Test
  void aFinalizerHasAQualifiedName() {
    Reply refused =
        api.patch(Api.MERGE_PATCH, makeConfigMap("a"), "{metadata: {finalizers: ['bare']}}")
            .is(422);
    assertThat(refused.text("/message")).contains("metadata.finalizers");
  }

  @Test
  void aPreconditionOnTheUidMustHold() {
    String path = makeConfigMap("a");
    Reply refused =
        api.delete(path, "{preconditions: {uid: '00000000-0000-0000-0000-000000000000'}}");
    refused.refusesSaying(
        409,
        "Conflict",
        "the UID in the precondition (00000000-0000-0000-0000-000000000000) does not match the UID"
            + " in record ("
            + api.get(path).uid()
            + "). The object might have been deleted and then recreated");
  }

  @Test
  void aPreconditionOnTheUidThatHoldsLetsItGo() {
    String path = makeConfigMap("a");
    api.delete(path, "{preconditions: {uid: '%s'}}".formatted(api.get(path).uid())).is(200);
  }

  @Test
  void aPreconditionOnTheVersionMustHold() {
    String path = makeConfigMap("a");
    String old = api.get(path).resourceVersion();
    api.patch(Api.MERGE_PATCH, path, "{data: {a: 'x'}}").is(200);
    api.delete(path, "{preconditions: {resourceVersion: '%s'}}".formatted(old))
        .refusesSaying(
            409,
            "Conflict",
            "the ResourceVersion in the precondition (" + old + ") does not match");
    api.get(path).is(200);
  }

  @Test
  void inTheBackgroundDependentsFollowTheirOwner() {
    String owner = makeConfigMap("owner");
    String owned = makeOwned(owner, "");
    api.delete(owner, "{propagationPolicy: 'Background'}").is(200);
    api.get(owner).is(404);
    awaitGone(owned);
  }

  @Test
  void inTheForegroundTheOwnerWaitsForItsDependents() {
    String owner = makeConfigMap("owner");
    String owned = makeOwned(owner, "example.com/wait");
    Reply marked = api.delete(owner, "{propagationPolicy: 'Foreground'}").is(200);
    assertThat(marked.at("/metadata/finalizers")).isEqualTo(Wire.value("['foregroundDeletion']"));
    await()
        .atMost(PATIENCE)
        .until(() -> api.get(owned).is(200).at("/metadata").has("deletionTimestamp"));
    api.get(owner).is(200);
    release(owned);
    awaitGone(owned);
    awaitGone(owner);
  }

  @Test
  void anOrphanLosesItsOwnerAndStays() {
    String owner = makeConfigMap("owner");
    String owned = makeOwned(owner, "");
    api.delete(owner, "{propagationPolicy: 'Orphan'}").is(200);
    awaitGone(owner);
    Reply left = api.get(owned).is(200);
    assertThat(left.at("/metadata").has("ownerReferences")).isFalse();
  }

  @Test
  void thePolicyMayStandInTheQuery() {
    String owner = makeConfigMap("owner");
    String owned = makeOwned(owner, "");
    api.delete(owner + "?propagationPolicy=Orphan").is(200);
    awaitGone(owner);
    api.get(owned).is(200);
  }

  @Test
  void anUnknownPolicyIsRefused() {
    assertThat(api.delete(makeConfigMap("a"), "{propagationPolicy: 'Maybe'}").code())
        .isIn(400, 422);
  }

  @Test
  void aPolicyAndTheOldFlagDoNotGoTogether() {
    Reply refused =
        api.delete(makeConfigMap("a"), "{propagationPolicy: 'Background', orphanDependents: true}");
    assertThat(refused.code()).isIn(400, 422);
  }

  @Test
  void aDependentWithoutAnOwnerIsCollected() {
    String owner = makeConfigMap("owner");
    Reply read = api.get(owner);
    api.delete(owner).is(200);
    ObjectNode owned = configMap(unique("late"));
    owned
        .withObjectProperty("metadata")
        .set(
            "ownerReferences",
            Wire.value(
                "[{apiVersion: 'v1', kind: 'ConfigMap', name: '%s', uid: '%s'}]",
                read.name(), read.uid()));
    api.post(configMaps(), owned).is(201);
    awaitGone(configMaps() + "/" + owned.at("/metadata/name").asText());
  }

  @Test
  void aCollectionIsDeletedByItsLabels() {
    String mark = unique("mark");
    String marked = makeConfigMap("a");
    String other = makeConfigMap("a");
    api.patch(Api.MERGE_PATCH, marked, "{metadata: {labels: {m: '%s'}}}", mark).is(200);
    Reply gone = api.delete(configMaps() + "?labelSelector=m%3D" + mark).is(200);
    assertThat(gone.text("/kind")).isEqualTo("ConfigMapList");
    assertThat(gone.names()).containsExactly(nameIn(marked));
    api.get(marked).is(404);
    api.get(other).is(200);
  }

  @Test
  void aCollectionIsDeletedByItsFields() {
    String path = makeConfigMap("a");
    api.delete(configMaps() + "?fieldSelector=metadata.name%3D" + nameIn(path)).is(200);
    api.get(path).is(404);
  }

  @Test
  void anEmptyCollectionCanBeDeleted() {
    Reply gone = api.delete(configMaps() + "?labelSelector=m%3D" + unique("nobody")).is(200);
    assertThat(gone.names()).isEmpty();
  }

  @Test
  void aCollectionOfHeldObjectsIsMarked() {
    String path = makeConfigMap("a");
    String mark = unique("mark");
    api.patch(
            Api.MERGE_PATCH,
            path,
            "{metadata: {labels: {m: '%s'}, finalizers: ['example.com/wait']}}",
            mark)
        .is(200);
    api.delete(configMaps() + "?labelSelector=m%3D" + mark).is(200);
    assertThat(api.get(path).is(200).at("/metadata").has("deletionTimestamp")).isTrue();
    release(path);
  }

  @Test
  void collectionsOfAllNamespacesAreNotDeleted() {
    api.delete("/api/v1/configmaps").refusesSaying(405, "MethodNotAllowed", "does not allow");
  }

  @Test
  void aPodWithoutANodeGoesAtOnce() {
    String name = unique("p");
    api.post(core("pods"), pod(name)).is(201);
    Reply gone = api.delete(core("pods") + "/" + name).is(200);
    assertThat(gone.text("/kind")).isEqualTo("Pod");
    api.get(core("pods") + "/" + name).is(404);
  }

  @Test
  void aPodOnANodeHasItsGrace() {
    String name = unique("p");
    ObjectNode object = pod(name);
    object.withObjectProperty("spec").put("nodeName", "nowhere");
    object.withObjectProperty("spec").put("terminationGracePeriodSeconds", 3600);
    api.post(core("pods"), object).is(201);
    String path = core("pods") + "/" + name;
    Reply marked = api.delete(path).is(200);
    assertThat(marked.at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(3600);
    Reply shorter = api.delete(path, "{gracePeriodSeconds: 1800}").is(200);
    assertThat(shorter.at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(1800);
    api.delete(path, "{gracePeriodSeconds: 0}").is(200);
    api.get(path).is(404);
  }

  @Test
  void aNamespaceGoesWithItsContent() {
    String fresh = backend.freshNamespace("going");
    String inside = "/api/v1/namespaces/" + fresh + "/configmaps";
    api.post(inside, configMap("a")).is(201);
    Reply marked = api.delete("/api/v1/namespaces/" + fresh).is(200);
    assertThat(marked.text("/kind")).isEqualTo("Namespace");
    assertThat(marked.text("/status/phase")).isEqualTo("Terminating");
    awaitGone("/api/v1/namespaces/" + fresh);
    assertThat(api.get(inside).is(200).names()).isEmpty();
  }

  @Test
  void aNamespaceThatIsGoingTakesNothingNew() {
    String fresh = backend.freshNamespace("closed");
    String inside = "/api/v1/namespaces/" + fresh + "/configmaps";
    ObjectNode held = configMap("held");
    held.withObjectProperty("metadata").putArray("finalizers").add("example.com/wait");
    api.post(inside, held).is(201);
    api.delete("/api/v1/namespaces/" + fresh).is(200);
    api.post(inside, configMap("late"))
        .refuses(
            403,
            "Forbidden",
            "configmaps \"late\" is forbidden: unable to create new content in namespace "
                + fresh
                + " because it is being terminated");
    release(inside + "/held");
    awaitGone("/api/v1/namespaces/" + fresh);
  }

  @Test
  void aNamespaceSaysWhatItWaitsFor() {
    String fresh = backend.freshNamespace("waiting");
    String path = "/api/v1/namespaces/" + fresh;
    ObjectNode held = configMap("held");
    held.withObjectProperty("metadata").putArray("finalizers").add("example.com/wait");
    api.post(path + "/configmaps", held).is(201);
    api.delete(path).is(200);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(api.get(path).text())
                .contains("NamespaceFinalizersRemaining")
                .contains("Some resources are remaining: configmaps. has 1 resource instances"));
    release(path + "/configmaps/held");
    awaitGone(path);
  }
}
