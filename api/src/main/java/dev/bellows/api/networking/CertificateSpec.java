package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The certificate wanted. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record CertificateSpec(
    @JsonPropertyDescription("Names that it must hold for.") List<String> dnsNames,
    @JsonPropertyDescription("The top name of them; a suffix of each.") @Nullable String domain,
    @JsonPropertyDescription("The Secret to put it in.") @Nullable String secretName) {
  public CertificateSpec {
    dnsNames = Absent.list(dnsNames);
  }
}
