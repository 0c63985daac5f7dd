package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** A reference to an object by kind and name. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record KReference(
    @JsonPropertyDescription("Kind of the object.") @Nullable String kind,
    @JsonPropertyDescription("Its namespace; the same as the referring object's.")
        @Nullable String namespace,
    @JsonPropertyDescription("Its name.") @Nullable String name,
    @JsonPropertyDescription("Its group and version.") @Nullable String apiVersion,
    @JsonPropertyDescription("Its group, if the version is left to the cluster.")
        @Nullable String group,
    @JsonPropertyDescription("Which of its addresses is meant.") @Nullable String address) {}
