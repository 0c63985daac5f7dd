package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A share of a path's requests. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record IngressBackendSplit(
    @JsonPropertyDescription("Namespace of the Service.") @Nullable String serviceNamespace,
    @JsonPropertyDescription("The Service that receives them.") @Nullable String serviceName,
    @JsonPropertyDescription("Its port, by number or name.") @Nullable IntOrString servicePort,
    @JsonPropertyDescription("Share, 0 to 100; a lone split without one gets all.")
        @Nullable Integer percent,
    @JsonPropertyDescription("Headers set on every request of this split.")
        Map<String, String> appendHeaders) {
  public IngressBackendSplit {
    appendHeaders = Absent.map(appendHeaders);
  }
}
