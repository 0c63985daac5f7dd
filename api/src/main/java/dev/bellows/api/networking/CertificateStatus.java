package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import dev.bellows.api.Condition;
import dev.bellows.api.ConditionedStatus;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the certificate authority has given. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record CertificateStatus(
    @JsonPropertyDescription("The generation of the spec that this status speaks of.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "What is known about the object, one entry per aspect; Ready sums them up.")
        List<Condition> conditions,
    @JsonPropertyDescription("Further facts that have no field of their own.")
        Map<String, String> annotations,
    @JsonPropertyDescription("When it expires.") @Nullable String notAfter,
    @JsonPropertyDescription("Challenges to be answered under the domain meanwhile.")
        @JsonProperty("http01Challenges")
        List<Http01Challenge> http01Challenges)
    implements ConditionedStatus {
  public CertificateStatus {
    conditions = Absent.list(conditions);
    annotations = Absent.map(annotations);
    http01Challenges = Absent.list(http01Challenges);
  }
}
