package dev.bellows.app.wiring;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.embedded.apiserver.ApiServer;
import dev.bellows.embedded.store.DataFiles;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The accounts of the parts that run in processes of their own: what each may do, and a kubeconfig
 * each in the data directory, which the directory's owner alone may read.
 */
final class PartAccounts {
  private static final String FOLDER = "kubeconfigs";
  private static final String MANIFEST = "roles.yaml";

  /** They are written anew at each start; a part that runs for longer has to be restarted. */
  private static final Duration TOKEN_LIFE = Duration.ofDays(365);

  private PartAccounts() {}

  /**
   * Installs the accounts and writes the kubeconfigs of some parts.
   *
   * @param owner may do everything
   */
  static void write(KubernetesClient owner, ApiServer api, Path dataDirectory, Set<Part> parts)
      throws IOException {
    try (InputStream manifest =
        Objects.requireNonNull(PartAccounts.class.getResourceAsStream(MANIFEST), MANIFEST)) {
      List<HasMetadata> objects = owner.load(manifest).items();
      objects.forEach(object -> owner.resource(object).forceConflicts().serverSideApply());
    }
    DataFiles.ownerOnlyDirectory(dataDirectory.resolve(FOLDER));
    for (Part part : parts) {
      TokenRequest request =
          new TokenRequestBuilder()
              .withNewSpec()
              .withExpirationSeconds(TOKEN_LIFE.toSeconds())
              .endSpec()
              .build();
      TokenRequest issued =
          owner
              .serviceAccounts()
              .inNamespace(SystemConfig.NAMESPACE)
              .withName(part.toString())
              .tokenRequest(request);
      api.writeKubeconfig(
          kubeconfig(dataDirectory, part), part.toString(), issued.getStatus().getToken());
    }
  }

  /** How a part reaches the API of a data directory. */
  static Path kubeconfig(Path dataDirectory, Part part) {
    return dataDirectory.resolve(FOLDER).resolve(part.toString());
  }
}
