package dev.bellows.api.caching;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.bellows.api.Absent;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The image. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ImageSpec(
    @JsonPropertyDescription("The image, best by digest.") @Nullable String image,
    @JsonPropertyDescription("The account that may pull it.") @Nullable String serviceAccountName,
    @JsonPropertyDescription("Credentials for pulling it.")
        List<LocalObjectReference> imagePullSecrets) {
  public ImageSpec {
    imagePullSecrets = Absent.list(imagePullSecrets);
  }
}
