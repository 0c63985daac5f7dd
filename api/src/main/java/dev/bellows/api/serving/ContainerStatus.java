package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** The image of a container, by digest. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ContainerStatus(
    @JsonPropertyDescription("The container.") @Nullable String name,
    @JsonPropertyDescription(
            "Its image with the digest that its tag stood for when the Revision was made.")
        @Nullable String imageDigest) {}
