package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Watches, as lines of an HTTP answer and as messages of a WebSocket. */
class WatchContractTest extends ContractTest {
  private static final String INITIAL =
      "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

  enum Transport {
    HTTP,
    WEB_SOCKET;

    Watching watch(Api api, String path) {
      return switch (this) {
        case HTTP -> api.watch(path);
        case WEB_SOCKET -> api.webSocketWatch(path);
      };
    }
  }

  private String now() {
    return api.get(configMaps() + "?limit=1").is(200).resourceVersion();
  }

  /** A watch of one object alone, whose name is the last part of the path. */
  private static String only(String name) {
    return "watch=true&fieldSelector=metadata.name%3D" + name;
  }

  @ParameterizedTest
  @EnumSource
  void everyChangeIsToldInOrder(Transport transport) {
    String name = unique("w");
    String path = configMaps() + "/" + name;
    try (Watching watch =
        transport.watch(api, configMaps() + "?" + only(name) + "&resourceVersion=" + now())) {
      Reply made = api.post(configMaps(), configMap(name)).is(201);
      Reply changed = api.patch(Api.MERGE_PATCH, path, "{data: {a: 'x'}}").is(200);
      api.delete(path).is(200);
      Watching.Event added = watch.nextChange();
      assertThat(added).hasToString("ADDED " + name);
      assertThat(added.object()).isEqualTo(made.json());
      Watching.Event modified = watch.nextChange();
      assertThat(modified).hasToString("MODIFIED " + name);
      assertThat(modified.resourceVersion()).isEqualTo(changed.resourceVersion());
      Watching.Event deleted = watch.nextChange();
      assertThat(deleted).hasToString("DELETED " + name);
      assertThat(Long.parseLong(deleted.resourceVersion()))
          .isGreaterThan(Long.parseLong(changed.resourceVersion()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWatchWithoutAVersionBeginsWithWhatThereIs(Transport transport) {
    String path = makeConfigMap("w");
    try (Watching watch = transport.watch(api, configMaps() + "?" + only(nameIn(path)))) {
      assertThat(watch.nextChange()).hasToString("ADDED " + nameIn(path));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWatchResumesAfterTheVersionThatItNames(Transport transport) {
    String path = makeConfigMap("w");
    String first = api.get(path).resourceVersion();
    String second = api.patch(Api.MERGE_PATCH, path, "{data: {a: 'x'}}").is(200).resourceVersion();
    api.patch(Api.MERGE_PATCH, path, "{data: {a: 'y'}}").is(200);
    try (Watching watch =
        transport.watch(
            api, configMaps() + "?" + only(nameIn(path)) + "&resourceVersion=" + first)) {
      assertThat(watch.nextChange().resourceVersion()).isEqualTo(second);
      assertThat(watch.nextChange().object().at("/data/a").asText()).isEqualTo("y");
    }
  }

  @ParameterizedTest
  @EnumSource
  void initialEventsEndWithABookmark(Transport transport) {
    String path = makeConfigMap("w");
    try (Watching watch = transport.watch(api, configMaps() + "?" + only(nameIn(path)) + INITIAL)) {
      assertThat(watch.next()).hasToString("ADDED " + nameIn(path));
      Watching.Event bookmark = watch.next();
      assertThat(bookmark.type()).isEqualTo("BOOKMARK");
      assertThat(bookmark.object().path("kind").asText()).isEqualTo("ConfigMap");
      assertThat(
              bookmark
                  .object()
                  .at("/metadata/annotations")
                  .path("k8s.io/initial-events-end")
                  .asText())
          .isEqualTo("true");
      assertThat(bookmark.resourceVersion()).matches("[1-9][0-9]*");
      api.delete(path).is(200);
      assertThat(watch.nextChange()).hasToString("DELETED " + nameIn(path));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWatchEndsWhenItsTimeIsOver(Transport transport) {
    try (Watching watch =
        transport.watch(
            api, configMaps() + "?watch=true&timeoutSeconds=1&resourceVersion=" + now())) {
      watch.ends();
    }
  }

  @Test
  void aBookmarkComesBeforeTheTimeIsOver() {
    try (Watching watch =
        api.watch(
            configMaps()
                + "?watch=true&timeoutSeconds=5&allowWatchBookmarks=true&resourceVersion="
                + now())) {
      makeConfigMap("w");
      Watching.Event bookmark = watch.next("BOOKMARK");
      assertThat(bookmark.resourceVersion()).matches("[1-9][0-9]*");
      assertThat(bookmark.object().has("data")).isFalse();
      watch.ends();
    }
  }

  @Test
  void bookmarksMustBeAskedFor() {
    try (Watching watch =
        api.watch(configMaps() + "?watch=true&timeoutSeconds=4&resourceVersion=" + now())) {
      String path = makeConfigMap("w");
      assertThat(watch.next()).hasToString("ADDED " + nameIn(path));
      watch.ends();
    }
  }

  @Test
  void withoutInitialEventsOnlyChangesAreTold() {
    String old = makeConfigMap("w");
    String query = "?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
    try (Watching watch = api.watch(configMaps() + query)) {
      String fresh = makeConfigMap("w");
      Watching.Event event = watch.nextChange();
      assertThat(event.name()).isNotEqualTo(nameIn(old)).isEqualTo(nameIn(fresh));
    }
  }

  @Test
  void initialEventsNeedAMatchAndBookmarks() {
    api.get(configMaps() + "?watch=true&sendInitialEvents=true")
        .refusesSaying(
            422,
            "Invalid",
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }

  @Test
  void aSelectorTellsWhatComesAndGoes() {
    String path = makeConfigMap("w");
    String mark = unique("mark");
    try (Watching watch =
        api.watch(
            configMaps() + "?watch=true&labelSelector=m%3D" + mark + "&resourceVersion=" + now())) {
      api.patch(Api.MERGE_PATCH, path, "{metadata: {labels: {m: '%s'}}}", mark).is(200);
      api.patch(Api.MERGE_PATCH, path, "{data: {a: 'x'}}").is(200);
      Reply left = api.patch(Api.MERGE_PATCH, path, "{metadata: {labels: {m: null}}}").is(200);
      assertThat(watch.nextChange().type()).isEqualTo("ADDED");
      assertThat(watch.nextChange().type()).isEqualTo("MODIFIED");
      Watching.Event gone = watch.nextChange();
      assertThat(gone.type()).isEqualTo("DELETED");
      assertThat(gone.resourceVersion()).isEqualTo(left.resourceVersion());
      assertThat(gone.object().at("/metadata/labels/m").asText()).isEqualTo(mark);
    }
  }

  @Test
  void aWatchOfAllNamespacesTellsOfEach() {
    String name = unique("w");
    try (Watching watch =
        api.watch("/api/v1/configmaps?" + only(name) + "&resourceVersion=" + now())) {
      api.post(configMaps(), configMap(name)).is(201);
      assertThat(watch.nextChange()).hasToString("ADDED " + name);
    }
  }

  @Test
  void aWatchCanTellMetadataAlone() {
    String path = makeConfigMap("w");
    try (Watching watch =
        api.request("GET", configMaps() + "?" + only(nameIn(path))).accept(Api.PARTIAL).watch()) {
      Watching.Event event = watch.nextChange();
      assertThat(event.object().path("kind").asText()).isEqualTo("PartialObjectMetadata");
      assertThat(event.object().has("data")).isFalse();
    }
  }

  @Test
  void aWatchCanTellRowsOfATable() {
    String path = makeConfigMap("w");
    try (Watching watch =
        api.request("GET", configMaps() + "?" + only(nameIn(path))).accept(Api.TABLE).watch()) {
      Watching.Event first = watch.nextChange();
      assertThat(first.object().path("kind").asText()).isEqualTo("Table");
      assertThat(first.object().at("/columnDefinitions/0/name").asText()).isEqualTo("Name");
      assertThat(first.object().at("/rows/0/cells/0").asText()).isEqualTo(nameIn(path));
      api.patch(Api.MERGE_PATCH, path, "{data: {a: 'x'}}").is(200);
      assertThat(watch.nextChange().object().at("/columnDefinitions/0").isMissingNode()).isTrue();
    }
  }

  @Test
  void aMarkedDeletionIsAModification() {
    String path = makeConfigMap("w");
    api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: ['example.com/wait']}}").is(200);
    try (Watching watch =
        api.watch(configMaps() + "?" + only(nameIn(path)) + "&resourceVersion=" + now())) {
      api.delete(path).is(200);
      Watching.Event marked = watch.nextChange();
      assertThat(marked.type()).isEqualTo("MODIFIED");
      assertThat(marked.object().at("/metadata").has("deletionTimestamp")).isTrue();
      api.patch(Api.MERGE_PATCH, path, "{metadata: {finalizers: null}}").is(200);
      assertThat(watch.nextChange().type()).isEqualTo("DELETED");
    }
  }

  @Test
  void theOldPathOfAWatchWorks() {
    String path = makeConfigMap("w");
    try (Watching watch =
        api.watch("/api/v1/watch/namespaces/" + namespace + "/configmaps/" + nameIn(path))) {
      assertThat(watch.nextChange()).hasToString("ADDED " + nameIn(path));
    }
  }

  @Test
  void aWatchOfAMalformedVersionIsRefused() {
    Reply refused = api.get(configMaps() + "?watch=true&resourceVersion=abc").is(500);
    assertThat(refused.text("/message"))
        .isEqualTo(
            "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid"
                + " syntax");
  }
}
