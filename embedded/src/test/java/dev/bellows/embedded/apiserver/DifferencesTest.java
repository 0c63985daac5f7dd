package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DifferencesTest {
  private static final int PAIRS = 20_000;

  /** Lists told apart by keys and by values, free maps, and a map that is one value. */
  private static final Schema SCHEMA =
      new Schema(
          json(
              """
              {"type":"object","properties":{
                "a":{"type":"object","additionalProperties":{"type":"integer"}},
                "b":{"type":"array","x-kubernetes-list-type":"map",
                     "x-kubernetes-list-map-keys":["k"],"items":{"type":"object",
                     "properties":{"k":{"type":"integer"},"a":{"type":"integer"}}}},
                "c":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"integer"}},
                "d":{"type":"object","x-kubernetes-map-type":"atomic",
                     "x-kubernetes-preserve-unknown-fields":true},
                "metadata":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
                "e":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}
              """));

  @Test
  void whatDiffersIsTheSameAsBetweenTheWholeStates() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < PAIRS; i++) {
      ObjectNode before = state(random);
      ObjectNode after = random.nextBoolean() ? state(random) : changed(before, random);
      Differences differences = Differences.between(before, after);
      String why = "seed %d, pair %d: %s to %s".formatted(seed, i, before, after);
      assertThat(changedFields(differences.before(), differences.after()))
          .as(why)
          .isEqualTo(changedFields(before, after));
      assertThat(changedFields(differences.after(), differences.before()))
          .as(why)
          .isEqualTo(changedFields(after, before));
    }
  }

  private static FieldSet changedFields(ObjectNode before, ObjectNode after) {
    FieldSet was = FieldSet.withHolders(before, SCHEMA);
    FieldSet is = FieldSet.withHolders(after, SCHEMA);
    return is.minus(was).union(FieldMerge.modified(before, after, SCHEMA).intersection(is));
  }

  private static ObjectNode changed(ObjectNode before, Random random) {
    ObjectNode after = before.deepCopy();
    state(random).properties().stream()
        .limit(1)
        .forEach(field -> after.set(field.getKey(), field.getValue()));
    return after;
  }

  private static ObjectNode state(Random random) {
    ObjectNode state = JsonNodeFactory.instance.objectNode();
    for (String field : new String[] {"a", "d", "e", "metadata"}) {
      if (random.nextBoolean()) {
        state.set(field, map(random, 2));
      }
    }
    if (random.nextBoolean()) {
      ArrayNode list = state.putArray("b");
      for (int k = 0; k < 3; k++) {
        if (random.nextBoolean()) {
          list.addObject().put("k", k).put("a", random.nextInt(2));
        }
      }
    }
    if (random.nextBoolean()) {
      ArrayNode list = state.putArray("c");
      for (int k = 0; k < 3; k++) {
        if (random.nextBoolean()) {
          list.add(k);
        }
      }
    }
    return state;
  }

  private static ObjectNode map(Random random, int depth) {
    ObjectNode map = JsonNodeFactory.instance.objectNode();
    for (String field : new String[] {"name", "x", "y"}) {
      switch (random.nextInt(4)) {
        case 0 -> map.put(field, random.nextInt(2));
        case 1 -> map.set(field, depth == 0 ? map.nullNode() : map(random, depth - 1));
        default -> {} // it is not there
      }
    }
    return map;
  }

  private static JsonNode json(String text) {
    return Json.read(text.getBytes(StandardCharsets.UTF_8));
  }
}
