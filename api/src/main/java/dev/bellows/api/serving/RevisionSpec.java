package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A pod spec and what only Knative knows about it. The pod spec's fields stand beside the others on
 * the wire.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonDeserialize(using = RevisionSpec.Reader.class)
public record RevisionSpec(
    @JsonUnwrapped PodSpec podSpec,
    @JsonPropertyDescription("How many requests one pod may work on at a time; 0 means any number.")
        @Nullable Long containerConcurrency,
    @JsonPropertyDescription(
            "How long a request may take in all before it is answered with an error.")
        @Nullable Long timeoutSeconds,
    @JsonPropertyDescription("How long a request may wait for the first byte of its response.")
        @Nullable Long responseStartTimeoutSeconds,
    @JsonPropertyDescription("How long a request may go without a byte in either direction.")
        @Nullable Long idleTimeoutSeconds) {

  // By hand, since Jackson cannot hand an unwrapped object to a record's constructor.
  static final class Reader extends JsonDeserializer<RevisionSpec> {
    @Override
    public RevisionSpec deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      ObjectNode tree = context.readValue(parser, ObjectNode.class);
      Long containerConcurrency = take(tree, "containerConcurrency");
      Long timeoutSeconds = take(tree, "timeoutSeconds");
      Long responseStartTimeoutSeconds = take(tree, "responseStartTimeoutSeconds");
      Long idleTimeoutSeconds = take(tree, "idleTimeoutSeconds");
      return new RevisionSpec(
          context.readTreeAsValue(tree, PodSpec.class), // what the others have left
          containerConcurrency,
          timeoutSeconds,
          responseStartTimeoutSeconds,
          idleTimeoutSeconds);
    }

    private static @Nullable Long take(ObjectNode tree, String field) {
      JsonNode value = tree.remove(field);
      return value == null || value.isNull() ? null : (Long) value.longValue();
    }
  }
}
