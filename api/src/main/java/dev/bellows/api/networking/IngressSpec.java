package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Hosts, paths and where their requests go. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record IngressSpec(
    @JsonPropertyDescription("What becomes of plain HTTP: Enabled or Redirected.")
        @Nullable String httpOption,
    @JsonPropertyDescription("Certificates by host.") List<IngressTls> tls,
    @JsonPropertyDescription("Tried in order.") List<IngressRule> rules) {
  public IngressSpec {
    tls = Absent.list(tls);
    rules = Absent.list(rules);
  }
}
