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

/** Whether the networking layer has done as asked. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record IngressStatus(
    @JsonPropertyDescription("The generation of the spec that this status speaks of.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "What is known about the object, one entry per aspect; Ready sums them up.")
        List<Condition> conditions,
    @JsonPropertyDescription("Further facts that have no field of their own.")
        Map<String, String> annotations,
    @JsonPropertyDescription("Where requests from outside enter.")
        @Nullable LoadBalancerStatus publicLoadBalancer,
    @JsonPropertyDescription("Where requests from inside the cluster enter.")
        @Nullable LoadBalancerStatus privateLoadBalancer)
    implements ConditionedStatus {
  public IngressStatus {
    conditions = Absent.list(conditions);
    annotations = Absent.map(annotations);
  }
}
