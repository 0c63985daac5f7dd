package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import org.jspecify.annotations.Nullable;

/** The metadata and spec that a new Revision starts with. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record RevisionTemplateSpec(
    @JsonPropertyDescription(
            "Labels and annotations of the Revision (autoscaling.knative.dev/... belong here), and"
                + " its name if it shall not be generated.")
        @Nullable ObjectMeta metadata,
    @JsonPropertyDescription("The containers to run and how requests reach them.")
        @Nullable RevisionSpec spec) {}
