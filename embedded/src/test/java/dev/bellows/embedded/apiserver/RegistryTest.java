package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  @TempDir Path home;
  private DataDirectory directory;
  private ObjectStore store;
  private Registry registry;

  @BeforeEach
  void open() {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
    registry = Registry.open(store, () -> NOW, List.of());
    registry.create(ResourceTypes.NAMESPACES, object("", "shop"));
    registry.create(ResourceTypes.SERVICE_ACCOUNTS, object("shop", "default"));
  }

  @AfterEach
  void close() {
    store.close();
    directory.close();
  }

  @Test
  void aNewObjectIsStamped() {
    ObjectNode made = registry.create(ResourceTypes.DEPLOYMENTS, deployment());

    ObjectMeta meta = ObjectMeta.of(made);
    assertThat(meta.uid()).hasSize(36);
    assertThat(Json.text(made, "metadata", "creationTimestamp")).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(meta.generation()).isEqualTo(1);
    assertThat(Json.text(made, "apiVersion")).isEqualTo("apps/v1");
    assertThat(registry.get(ResourceTypes.DEPLOYMENTS, "shop", "web")).isEqualTo(made);
  }

  @Test
  void aNameIsGeneratedOnRequest() {
    ObjectNode object = pod("");
    ObjectMeta.of(object).node().put("generateName", "web-");

    String first = ObjectMeta.of(registry.create(ResourceTypes.PODS, object)).name();
    String second = ObjectMeta.of(registry.create(ResourceTypes.PODS, object)).name();

    assertThat(first).matches("web-[b-z2-9]{5}").isNotEqualTo(second);
  }

  @Test
  void theSameNameTwiceIsAConflict() {
    registry.create(ResourceTypes.CONFIG_MAPS, object("shop", "settings"));

    refused(
        () -> registry.create(ResourceTypes.CONFIG_MAPS, object("shop", "settings")),
        409,
        "configmaps \"settings\" already exists");
  }

  @Test
  void aMissingNamespaceIsNotFound() {
    refused(
        () -> registry.create(ResourceTypes.CONFIG_MAPS, object("nowhere", "settings")),
        404,
        "namespaces \"nowhere\" not found");
  }

  @Test
  void anOldResourceVersionIsRefused() {
    ObjectNode first = registry.create(ResourceTypes.DEPLOYMENTS, deployment());
    ObjectNode newer = first.deepCopy();
    Json.child(newer, "spec").put("replicas", 3);
    registry.update(ResourceTypes.DEPLOYMENTS, newer);

    refused(
        () -> registry.update(ResourceTypes.DEPLOYMENTS, newer),
        409,
        "Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified;"
            + " please apply your changes to the latest version and try again");
  }

  @Test
  void theGenerationCountsChangesOfTheSpecOnly() {
    ObjectNode object = registry.create(ResourceTypes.DEPLOYMENTS, deployment());
    ObjectMeta.of(object).node().putObject("labels").put("a", "b");
    object = registry.update(ResourceTypes.DEPLOYMENTS, object);
    assertThat(ObjectMeta.of(object).generation()).isEqualTo(1);

    Json.child(object, "spec").put("replicas", 3);
    object = registry.update(ResourceTypes.DEPLOYMENTS, object);
    assertThat(ObjectMeta.of(object).generation()).isEqualTo(2);
  }

  @Test
  void statusAndSpecAreWrittenApart() {
    ObjectNode object = registry.create(ResourceTypes.DEPLOYMENTS, deployment());
    ObjectNode both = object.deepCopy();
    Json.child(both, "spec").put("replicas", 7);
    both.putObject("status").put("readyReplicas", 2);

    ObjectNode afterStatus = registry.updateStatus(ResourceTypes.DEPLOYMENTS, both);
    assertThat(afterStatus.path("status").path("readyReplicas").asInt()).isEqualTo(2);
    assertThat(afterStatus.path("spec").path("replicas").asInt()).isNotEqualTo(7);

    ObjectNode spec = afterStatus.deepCopy();
    spec.remove("status");
    Json.child(spec, "spec").put("replicas", 5);
    ObjectNode afterSpec = registry.update(ResourceTypes.DEPLOYMENTS, spec);
    assertThat(afterSpec.path("spec").path("replicas").asInt()).isEqualTo(5);
    assertThat(afterSpec.path("status").path("readyReplicas").asInt()).isEqualTo(2);
  }

  @Test
  void anUpdateThatChangesNothingIsNotAChange() {
    ObjectNode object = registry.create(ResourceTypes.CONFIG_MAPS, object("shop", "settings"));
    long revision = store.revision();

    ObjectNode again = registry.update(ResourceTypes.CONFIG_MAPS, object);

    assertThat(again).isEqualTo(object);
    assertThat(store.revision()).isEqualTo(revision);
  }

  @Test
  void finalizersHoldADeletedObjectUntilTheLastIsTaken() {
    ObjectNode object = object("shop", "settings");
    ObjectMeta.of(object).setFinalizers(List.of("example.com/hold"));
    registry.create(ResourceTypes.CONFIG_MAPS, object);

    registry.delete(ResourceTypes.CONFIG_MAPS, "shop", "settings", DeleteOptions.DEFAULT);
    ObjectNode held = registry.get(ResourceTypes.CONFIG_MAPS, "shop", "settings");
    assertThat(ObjectMeta.of(held).isDeleting()).isTrue();

    ObjectMeta.of(held).setFinalizers(List.of());
    registry.update(ResourceTypes.CONFIG_MAPS, held);
    assertThat(registry.find(ResourceTypes.CONFIG_MAPS, "shop", "settings")).isEmpty();
  }

  @Test
  void aRunningPodIsGivenItsGraceAndAWaitingOneIsNot() {
    registry.create(ResourceTypes.PODS, pod("waiting"));
    ObjectNode running = pod("running");
    Json.child(running, "spec").put("nodeName", "here").put("terminationGracePeriodSeconds", 7);
    registry.create(ResourceTypes.PODS, running);

    registry.delete(ResourceTypes.PODS, "shop", "waiting", DeleteOptions.DEFAULT);
    registry.delete(ResourceTypes.PODS, "shop", "running", DeleteOptions.DEFAULT);

    assertThat(registry.find(ResourceTypes.PODS, "shop", "waiting")).isEmpty();
    ObjectNode ending = registry.get(ResourceTypes.PODS, "shop", "running");
    assertThat(Json.text(ending, "metadata", "deletionTimestamp"))
        .isEqualTo("2026-01-02T03:04:12Z");
    assertThat(ending.path("metadata").path("deletionGracePeriodSeconds").asInt()).isEqualTo(7);

    registry.delete(ResourceTypes.PODS, "shop", "running", DeleteOptions.DEFAULT.withGrace(0));
    assertThat(registry.find(ResourceTypes.PODS, "shop", "running")).isEmpty();
  }

  @Test
  void preconditionsGuardADeletion() {
    registry.create(ResourceTypes.CONFIG_MAPS, object("shop", "settings"));

    assertThatThrownBy(() ->
            registry.delete(
                ResourceTypes.CONFIG_MAPS,
                "shop",
                "settings",
                DeleteOptions.DEFAULT.ifUid("another")))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(409));
  }

  @Test
  void foregroundDeletionWaitsForTheCollector() {
    registry.create(ResourceTypes.DEPLOYMENTS, deployment());

    ObjectNode marked =
        registry.delete(
            ResourceTypes.DEPLOYMENTS,
            "shop",
            "web",
            DeleteOptions.DEFAULT.withPropagation(DeleteOptions.Propagation.FOREGROUND));

    assertThat(ObjectMeta.of(marked).finalizers()).containsExactly("foregroundDeletion");
    assertThat(ObjectMeta.of(marked).isDeleting()).isTrue();
  }

  @Test
  void aNamespaceTerminatesThenTakesNothingNewAndGoesWhenFinalized() {
    registry.delete(ResourceTypes.NAMESPACES, "", "shop", DeleteOptions.DEFAULT);
    ObjectNode ending = registry.get(ResourceTypes.NAMESPACES, "", "shop");
    assertThat(Json.text(ending, "status", "phase")).isEqualTo("Terminating");
    refused(
        () -> registry.create(ResourceTypes.CONFIG_MAPS, object("shop", "late")),
        403,
        "configmaps \"late\" is forbidden: unable to create new content in namespace shop because"
            + " it is being terminated");

    Json.child(ending, "spec").putArray("finalizers");
    registry.finalizeNamespace(ending);

    assertThat(registry.find(ResourceTypes.NAMESPACES, "", "shop")).isEmpty();
  }

  @Test
  void aPodIsRefusedWhereNoAccountComes() {
    registry.create(ResourceTypes.NAMESPACES, object("", "bare"));
    ObjectNode pod = object("bare", "p");
    Json.child(pod, "spec").putArray("containers").addObject().put("name", "a").put("image", "b");
    refused(
        () -> registry.create(ResourceTypes.PODS, pod),
        403,
        "pods \"p\" is forbidden: error looking up service account bare/default: serviceaccount"
            + " \"default\" not found");
  }

  @Test
  void aWatchFromAListTellsWhatCameAfter() {
    registry.create(ResourceTypes.CONFIG_MAPS, object("shop", "before"));
    Listing listing = registry.list(ResourceTypes.CONFIG_MAPS, "shop");
    List<String> seen = new CopyOnWriteArrayList<>();
    Watch watch =
        registry.watch(
            ResourceTypes.CONFIG_MAPS,
            "shop",
            listing.resourceVersion(),
            event -> seen.add(event.type() + " " + ObjectMeta.of(event.object()).name()));
    registry.create(ResourceTypes.CONFIG_MAPS, object("shop", "a"));
    registry.patch(
        ResourceTypes.CONFIG_MAPS,
        "shop",
        "a",
        new Patch.Merge(Json.object().set("data", Json.object().put("k", "v"))));
    registry.delete(ResourceTypes.CONFIG_MAPS, "shop", "a", DeleteOptions.DEFAULT);

    await().until(() -> seen.size() == 3);
    watch.close();
    assertThat(seen).containsExactly("ADDED a", "MODIFIED a", "DELETED a");
  }

  @Test
  void aWatchDoesNotTellWhoOwnsWhichField() {
    Listing listing = registry.list(ResourceTypes.CONFIG_MAPS, "shop");
    List<ObjectNode> seen = new CopyOnWriteArrayList<>();
    try (Watch watch =
        registry.watch(
            ResourceTypes.CONFIG_MAPS,
            "shop",
            listing.resourceVersion(),
            event -> seen.add(event.object()))) {
      assertThat(watch).isNotNull();
      ObjectNode object = object("shop", "a");
      object.putObject("data").put("k", "v");
      ObjectNode made = registry.create(ResourceTypes.CONFIG_MAPS, object);
      await().until(() -> seen.size() == 1);

      assertThat(ObjectMeta.of(made).node().has("managedFields")).isTrue();
      ObjectMeta.of(made).node().remove("managedFields");
      assertThat(seen).containsExactly(made);
    }
  }

  @Test
  void admissionMayCompleteAndRefuse() {
    AdmissionStep step =
        request -> {
          if (request.object().path("data").has("bad")) {
            throw ApiException.forbidden(request.type(), "x", "no");
          }
          Json.child(request.object(), "data").put("added", "yes");
        };
    Registry strict = Registry.open(store, () -> NOW, List.of(step));

    ObjectNode made = strict.create(ResourceTypes.CONFIG_MAPS, object("shop", "good"));
    assertThat(Json.text(made, "data", "added")).isEqualTo("yes");

    ObjectNode bad = object("shop", "bad");
    bad.putObject("data").put("bad", "1");
    refused(
        () -> strict.create(ResourceTypes.CONFIG_MAPS, bad),
        403,
        "configmaps \"x\" is forbidden: no");
  }

  @Test
  void aDefinitionServesItsKindAtOnce() {
    ObjectNode definition = object("", "bells.example.com");
    ObjectNode spec = definition.putObject("spec");
    spec.put("group", "example.com").put("scope", "Namespaced");
    spec.putObject("names").put("kind", "Bell").put("plural", "bells");
    ObjectNode version = spec.putArray("versions").addObject();
    version.put("name", "v1").put("served", true).put("storage", true);
    version.putObject("schema").putObject("openAPIV3Schema").put("type", "object");
    registry.create(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS, definition);

    ResourceType bells = registry.type("example.com", "bells");
    registry.create(bells, object("shop", "big"));

    assertThat(registry.list(bells, null).items()).hasSize(1);
  }

  private static void refused(Runnable action, int code, String message) {
    assertThatThrownBy(action::run)
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessage(message);
  }

  private static ObjectNode pod(String name) {
    ObjectNode pod = object("shop", name);
    containers(pod.putObject("spec"));
    return pod;
  }

  private static ObjectNode deployment() {
    ObjectNode deployment = object("shop", "web");
    ObjectNode spec = deployment.putObject("spec");
    spec.putObject("selector").putObject("matchLabels").put("app", "web");
    ObjectNode template = spec.putObject("template");
    template.putObject("metadata").putObject("labels").put("app", "web");
    containers(template.putObject("spec"));
    return deployment;
  }

  private static void containers(ObjectNode podSpec) {
    podSpec.putArray("containers").addObject().put("name", "web").put("image", "dev.local/web");
  }

  private static ObjectNode object(String namespace, String name) {
    ObjectNode object = Json.object();
    ObjectNode meta = object.putObject("metadata");
    if (!name.isEmpty()) {
      meta.put("name", name);
    }
    if (!namespace.isEmpty()) {
      meta.put("namespace", namespace);
    }
    return object;
  }
}
