package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import dev.bellows.api.Condition;
import dev.bellows.api.ConditionedStatus;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names of the pair. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ServerlessServiceStatus(
    @JsonPropertyDescription("The generation of the spec that this status speaks of.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "What is known about the object, one entry per aspect; Ready sums them up.")
        List<Condition> conditions,
    @JsonPropertyDescription("Further facts that have no field of their own.")
        Map<String, String> annotations,
    @JsonPropertyDescription("The Service that clients use: pods or activators stand behind it.")
        @Nullable String serviceName,
    @JsonPropertyDescription("The Service behind which only pods stand.")
        @Nullable String privateServiceName)
    implements ConditionedStatus {
  public ServerlessServiceStatus {
    conditions = Absent.list(conditions);
    annotations = Absent.map(annotations);
  }
}
