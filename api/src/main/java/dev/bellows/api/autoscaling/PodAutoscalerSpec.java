package dev.bellows.api.autoscaling;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.ObjectReference;
import org.jspecify.annotations.Nullable;

/** What to scale. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record PodAutoscalerSpec(
    @JsonPropertyDescription(
            "Whether a Route leads to the Revision: Reachable, Unreachable, or nothing if that is"
                + " not known. What cannot be reached may go below its min-scale.")
        @Nullable String reachability,
    @JsonPropertyDescription("What is scaled: a Deployment.")
        @Nullable ObjectReference scaleTargetRef,
    @JsonPropertyDescription("How many requests one pod may work on at a time; 0 means any number.")
        @Nullable Long containerConcurrency,
    @JsonPropertyDescription("http1 or h2c.") @Nullable String protocolType) {}
