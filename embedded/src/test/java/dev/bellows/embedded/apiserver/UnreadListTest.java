package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class UnreadListTest {
  private static final String OWNERS =
      "[{\"manager\":\"a]\\\"}\",\"fieldsV1\":{\"f:spec\":{\"k:{\\\"name\\\":\\\"ü\\\"}\":{}}}}]";
  private static final String OBJECT =
      "{\"kind\":\"A\",\"metadata\":{\"labels\":{\"managedFields\":\"[{\"},\"managedFields\":"
          + OWNERS
          + ",\"name\":\"x\"},\"spec\":{\"metadata\":{\"managedFields\":[{\"a\":1}]}}}";

  private static ObjectNode read(String text) {
    return Json.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode owners(ObjectNode object) {
    return object.path("metadata").path("managedFields");
  }

  private static boolean isUnread(JsonNode node) {
    return node instanceof UnreadList list && list.text().isPresent();
  }

  @Test
  void whoOwnsWhatIsNotReadAndIsWrittenAsItStood() {
    ObjectNode object = read(OBJECT);
    assertThat(isUnread(owners(object))).isTrue();
    assertThat(new String(Json.bytes(object), StandardCharsets.UTF_8)).isEqualTo(OBJECT);
    assertThat(isUnread(owners(object))).isTrue();
  }

  @Test
  void aListOfTheSameNameElsewhereIsReadAtOnce() {
    ObjectNode object = read(OBJECT);
    assertThat(object.at("/spec/metadata/managedFields/0/a").asInt()).isEqualTo(1);
    assertThat(isUnread(object.at("/spec/metadata/managedFields"))).isFalse();
    assertThat(object.at("/metadata/labels/managedFields").asText()).isEqualTo("[{");
    assertThat(isUnread(owners(read("{\"metadata\":{\"managedFields\":[]}}")))).isFalse();
    assertThat(isUnread(owners(read("{ \"metadata\": {\"managedFields\": [{}]} }")))).isFalse();
    assertThat(owners(read("{ \"metadata\": {\"managedFields\": [{}]} }"))).hasSize(1);
  }

  @Test
  void anElementIsThereForWhoeverAsks() {
    ObjectNode object = read(OBJECT);
    assertThat(owners(object).isEmpty()).isFalse();
    assertThat(owners(object)).hasSize(1);
    assertThat(owners(object).get(0).path("manager").asText()).isEqualTo("a]\"}");
    assertThat(isUnread(owners(object))).isFalse();
    assertThat(new String(Json.bytes(object), StandardCharsets.UTF_8)).isEqualTo(OBJECT);
    assertThat(read(OBJECT).toString()).isEqualTo(OBJECT);
  }

  @Test
  void whatIsDoneToOneCopyDoesNotShowInAnother() {
    ObjectNode object = read(OBJECT);
    ObjectNode copy = object.deepCopy();
    assertThat(isUnread(owners(copy))).isTrue();
    ((ArrayNode) owners(copy)).addObject().put("manager", "b");
    ((ObjectNode) owners(copy).get(0)).put("manager", "c");
    assertThat(Json.same(object, copy)).isFalse();
    assertThat(new String(Json.bytes(object), StandardCharsets.UTF_8)).isEqualTo(OBJECT);
    assertThat(owners(read(new String(Json.bytes(copy), StandardCharsets.UTF_8))))
        .extracting(each -> each.path("manager").asText())
        .containsExactly("c", "b");
  }

  @Test
  void readOrNotTheSameListIsTheSame() {
    ObjectNode read = read(OBJECT);
    assertThat(owners(read)).hasSize(1);
    assertThat(Json.same(read, read(OBJECT))).isTrue();
    assertThat(Json.same(read(OBJECT), read)).isTrue();
    assertThat(Json.same(read(OBJECT), read(OBJECT))).isTrue();
    assertThat(read(OBJECT)).isEqualTo(read).hasSameHashCodeAs(read);
    assertThat(Json.same(read(OBJECT), read(OBJECT.replace("\"a]", "\"b]")))).isFalse();
  }
}
