package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** The target of a domain. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record DomainMappingSpec(
    @JsonPropertyDescription("The object that answers for the domain; in the same namespace.")
        @Nullable KReference ref,
    @JsonPropertyDescription("A certificate of your own.") @Nullable SecretTls tls) {}
