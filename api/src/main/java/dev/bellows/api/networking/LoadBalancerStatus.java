package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import java.util.List;

/** Entrances of a networking layer. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record LoadBalancerStatus(
    @JsonPropertyDescription("The entrances.") List<LoadBalancerIngressStatus> ingress) {
  public LoadBalancerStatus {
    ingress = Absent.list(ingress);
  }
}
