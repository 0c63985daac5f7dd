package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.IntOrString;
import org.jspecify.annotations.Nullable;

/** A challenge of an ACME server and who answers it. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Http01Challenge(
    @JsonPropertyDescription("What the server will ask for.") @Nullable String url,
    @JsonPropertyDescription("The Service that answers.") @Nullable String serviceName,
    @JsonPropertyDescription("Its namespace.") @Nullable String serviceNamespace,
    @JsonPropertyDescription("Its port.") @Nullable IntOrString servicePort) {}
