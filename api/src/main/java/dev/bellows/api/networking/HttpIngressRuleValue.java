package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import java.util.List;

/** The paths of a rule. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record HttpIngressRuleValue(
    @JsonPropertyDescription("The longest matching prefix wins; headers decide among equals.")
        List<HttpIngressPath> paths) {
  public HttpIngressRuleValue {
    paths = Absent.list(paths);
  }
}
