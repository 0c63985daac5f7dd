package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.ObjectReference;
import org.jspecify.annotations.Nullable;

/** Mode and target of a ServerlessService. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ServerlessServiceSpec(
    @JsonPropertyDescription("Serve: requests go to the pods; Proxy: to activators.")
        @Nullable String mode,
    @JsonPropertyDescription("What is scaled: a Deployment.") @Nullable ObjectReference objectRef,
    @JsonPropertyDescription("http1 or h2c.") @Nullable String protocolType,
    @JsonPropertyDescription("How many activators stand in front in Proxy mode; 0 means all.")
        @Nullable Integer numActivators) {}
