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

/** What has become of a Revision. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record RevisionStatus(
    @JsonPropertyDescription("The generation of the spec that this status speaks of.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "What is known about the object, one entry per aspect; Ready sums them up.")
        List<Condition> conditions,
    @JsonPropertyDescription("Further facts that have no field of their own.")
        Map<String, String> annotations,
    @JsonPropertyDescription("Where its logs are found.") @Nullable String logUrl,
    @JsonPropertyDescription("The images of the containers, by digest.")
        List<ContainerStatus> containerStatuses,
    @JsonPropertyDescription("The images of the init containers, by digest.")
        List<ContainerStatus> initContainerStatuses,
    @JsonPropertyDescription("Pods that are ready.") @Nullable Integer actualReplicas,
    @JsonPropertyDescription("Pods that the autoscaler wants.") @Nullable Integer desiredReplicas)
    implements ConditionedStatus {
  public RevisionStatus {
    conditions = Absent.list(conditions);
    annotations = Absent.map(annotations);
    containerStatuses = Absent.list(containerStatuses);
    initContainerStatuses = Absent.list(initContainerStatuses);
  }
}
