package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import dev.bellows.api.Condition;
import dev.bellows.api.ConditionedStatus;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The traffic in force. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record RouteStatus(
    @JsonPropertyDescription("The generation of the spec that this status speaks of.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "What is known about the object, one entry per aspect; Ready sums them up.")
        List<Condition> conditions,
    @JsonPropertyDescription("Further facts that have no field of their own.")
        Map<String, String> annotations,
    @JsonPropertyDescription("Where the Route answers.") @Nullable String url,
    @JsonPropertyDescription("Where the Route answers inside the cluster.")
        @Nullable Addressable address,
    @JsonPropertyDescription("The shares as they are in force, each with its Revision.")
        List<TrafficTarget> traffic)
    implements ConditionedStatus {
  public RouteStatus {
    conditions = Absent.list(conditions);
    annotations = Absent.map(annotations);
    traffic = Absent.list(traffic);
  }
}
