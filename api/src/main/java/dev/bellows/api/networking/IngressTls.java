package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The certificate of some hosts. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record IngressTls(
    @JsonPropertyDescription("The hosts it is for.") List<String> hosts,
    @JsonPropertyDescription("The Secret with tls.crt and tls.key.") @Nullable String secretName,
    @JsonPropertyDescription("Its namespace.") @Nullable String secretNamespace) {
  public IngressTls {
    hosts = Absent.list(hosts);
  }
}
