package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** One entrance; one of its fields is set. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record LoadBalancerIngressStatus(
    @JsonPropertyDescription("Address.") @Nullable String ip,
    @JsonPropertyDescription("Domain name.") @Nullable String domain,
    @JsonPropertyDescription("Domain name inside the cluster.") @Nullable String domainInternal,
    @JsonPropertyDescription("True if it is reached through a mesh only.")
        @Nullable Boolean meshOnly) {}
