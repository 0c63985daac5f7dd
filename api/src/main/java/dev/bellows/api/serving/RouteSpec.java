package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import java.util.List;

/** The traffic wanted. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record RouteSpec(
    @JsonPropertyDescription("Who gets which share of the requests; the percents sum to 100.")
        List<TrafficTarget> traffic) {
  public RouteSpec {
    traffic = Absent.list(traffic);
  }
}
