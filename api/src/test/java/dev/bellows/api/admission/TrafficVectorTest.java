package dev.bellows.api.admission;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.admission.TrafficRules.Context;
import dev.bellows.api.networking.RolloutAnnotation;
import dev.bellows.core.condition.ConditionStatus;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.rollout.RevisionTarget;
import dev.bellows.core.rollout.Traffic;
import dev.bellows.core.rollout.Traffic.ConfigurationState;
import dev.bellows.core.rollout.Traffic.RevisionState;
import dev.bellows.core.rollout.TrafficTarget;
import dev.bellows.core.validation.FieldErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Traffic blocks, defaulted, validated and resolved, against the original's answers. */
class TrafficVectorTest {
  @Test
  void defaultsErrorsAndTargetsAreUpstreams() {
    Golden.replay("traffic", TrafficVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    return switch (recorded.path("kind").asText()) {
      case "validate" -> judgeValidation(recorded);
      case "build" -> judgeResolution(recorded);
      default -> new Disagrees("a kind that this test does not know: " + recorded.path("kind"));
    };
  }

  private static Verdict judgeResolution(JsonNode recorded) {
    Traffic traffic =
        Traffic.resolve(
            recorded.at("/in/routeService").asText(),
            targets(recorded.at("/in/traffic")),
            name ->
                named(recorded.at("/in/configurations"), name)
                    .map(each ->
                        new ConfigurationState(
                            each.path("latestReady").asText(),
                            ConditionStatus.of(each.path("ready").asText()))),
            name ->
                named(recorded.at("/in/revisions"), name)
                    .map(each ->
                        new RevisionState(
                            each.path("configuration").asText(),
                            each.path("service").asText(),
                            ConditionStatus.of(each.path("ready").asText()))));
    JsonNode expected = recorded.path("out");
    ObjectNode actual =
        switch (traffic) {
          case Traffic.Assigned assigned -> print(assigned, !expected.path("status").isNull());
          case Traffic.Unassigned unassigned -> print(unassigned);
        };
    return Manifest.same(expected, actual)
        ? new Agrees()
        : new Disagrees("expected " + expected + ", came " + actual);
  }

  private static List<TrafficTarget> targets(JsonNode traffic) {
    List<TrafficTarget> targets = new ArrayList<>();
    traffic.forEach(each ->
        targets.add(
            new TrafficTarget(
                each.path("tag").asText(""),
                each.path("revisionName").asText(""),
                each.path("configurationName").asText(""),
                each.path("percent").asInt())));
    return targets;
  }

  private static Optional<JsonNode> named(JsonNode objects, String name) {
    for (JsonNode each : objects) {
      if (each.path("name").asText().equals(name)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  private static ObjectNode print(Traffic.Unassigned unassigned) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("error", unassigned.problem().toString());
    out.put("failure", unassigned.problem().isFinal());
    ArrayNode missing = out.putArray("missing");
    unassigned.missing().forEach(each -> missing.add(each.toString()));
    return out.putNull("targets").putNull("rollout").putNull("status");
  }

  private static ObjectNode print(Traffic.Assigned assigned, boolean withStatus) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.putNull("error").put("failure", false).putArray("missing");
    ObjectNode groups = out.putObject("targets");
    assigned
        .groups()
        .forEach((tag, targets) -> {
          ArrayNode group = groups.putArray(tag);
          targets.forEach(target ->
              group.add(print(target).put("configurationName", target.configurationName())));
        });
    out.set("rollout", json(RolloutAnnotation.write(assigned.rollout())));
    if (!withStatus) {
      return out.putNull("status");
    }
    ArrayNode status = out.putArray("status");
    assigned.entries().forEach(entry -> status.add(print(entry)));
    return out;
  }

  private static ObjectNode print(RevisionTarget target) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("revisionName", target.revisionName())
        .put("percent", target.percent())
        .put("latestRevision", target.latestRevision())
        .put("tag", target.tag());
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static Verdict judgeValidation(JsonNode recorded) {
    Context context =
        recorded.at("/in/context").asText().equals("service") ? Context.SERVICE : Context.ROUTE;
    ObjectNode spec = JsonNodeFactory.instance.objectNode();
    spec.set("traffic", recorded.at("/in/traffic").deepCopy());
    TrafficRules.applyDefaults(spec, context);
    if (!Manifest.same(spec.path("traffic"), recorded.at("/out/defaulted"))) {
      return new Disagrees("defaulted: " + spec.path("traffic"));
    }
    FieldErrors errors = TrafficRules.validate(spec, context);
    List<String> expected = new ArrayList<>();
    recorded
        .at("/out/errors")
        .forEach(each -> {
          List<String> paths = new ArrayList<>();
          each.path("paths").forEach(path -> paths.add(path.asText()));
          expected.add(
              each.path("message").asText() + " " + paths + " " + each.path("details").asText(""));
        });
    List<String> actual =
        errors.errors().stream()
            .map(each -> each.message() + " " + each.paths() + " " + each.details())
            .toList();
    return expected.equals(actual)
        ? new Agrees()
        : new Disagrees("expected " + expected + ", came " + actual);
  }
}
