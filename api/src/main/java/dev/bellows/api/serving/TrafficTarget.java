package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** One share of a Route's requests. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record TrafficTarget(
    @JsonPropertyDescription("Gives this target a host name of its own, whatever its percent.")
        @Nullable String tag,
    @JsonPropertyDescription("The Revision that answers.") @Nullable String revisionName,
    @JsonPropertyDescription("The Configuration whose latest ready Revision answers (Route only).")
        @Nullable String configurationName,
    @JsonPropertyDescription(
            "True to follow the latest ready Revision, false to stay with revisionName.")
        @Nullable Boolean latestRevision,
    @JsonPropertyDescription("Share of the requests, 0 to 100.") @Nullable Long percent,
    @JsonPropertyDescription("Where the tag answers; written by the system.")
        @Nullable String url) {}
