package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Some hosts and what to do with their requests. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record IngressRule(
    @JsonPropertyDescription("Exact host names.") List<String> hosts,
    @JsonPropertyDescription("Which listener serves them: ExternalIP or ClusterLocal.")
        @Nullable String visibility,
    @JsonPropertyDescription("Their paths.") @Nullable HttpIngressRuleValue http) {
  public IngressRule {
    hosts = Absent.list(hosts);
  }
}
