package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** Where an object can be reached. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Addressable(
    @JsonPropertyDescription("Name of the address.") @Nullable String name,
    @JsonPropertyDescription("The address.") @Nullable String url,
    @JsonPropertyDescription("Certificates to trust at that address, PEM.") @JsonProperty("CACerts")
        @Nullable String caCerts,
    @JsonPropertyDescription("Audience for tokens sent to it.") @Nullable String audience) {}
