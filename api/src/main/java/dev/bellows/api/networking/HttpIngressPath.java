package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A path and its shares. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record HttpIngressPath(
    @JsonPropertyDescription("Prefix; none matches all.") @Nullable String path,
    @JsonPropertyDescription("Host to send upstream in place of the client's.")
        @Nullable String rewriteHost,
    @JsonPropertyDescription("Headers that must have these values.")
        Map<String, HeaderMatch> headers,
    @JsonPropertyDescription("Where the requests go.") List<IngressBackendSplit> splits,
    @JsonPropertyDescription("Headers set on every request of this path.")
        Map<String, String> appendHeaders) {
  public HttpIngressPath {
    headers = Absent.map(headers);
    splits = Absent.list(splits);
    appendHeaders = Absent.map(appendHeaders);
  }
}
