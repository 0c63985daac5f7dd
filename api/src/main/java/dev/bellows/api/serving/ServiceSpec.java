package dev.bellows.api.serving;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Configuration's template and a Route's traffic. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ServiceSpec(
    @JsonPropertyDescription("What to run. Each change of it makes a new Revision.")
        @Nullable RevisionTemplateSpec template,
    @JsonPropertyDescription(
            "Who gets which share of the requests. Without it, all go to the latest ready"
                + " Revision.")
        List<TrafficTarget> traffic) {
  public ServiceSpec {
    traffic = Absent.list(traffic);
  }
}
