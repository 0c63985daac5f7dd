package dev.bellows.api.autoscaling;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** Windows and source. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record MetricSpec(
    @JsonPropertyDescription("Length of the stable window, in nanoseconds.")
        @Nullable Long stableWindow,
    @JsonPropertyDescription("Length of the panic window, in nanoseconds.")
        @Nullable Long panicWindow,
    @JsonPropertyDescription(
            "The Service whose pods are scraped; empty if the activators alone report.")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable String scrapeTarget) {}
