package dev.bellows.controlplane.registry;

import dev.bellows.api.serving.Revision;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The Secrets with which a Revision's images are pulled. */
@FunctionalInterface
public interface PullSecrets {
  /** Reads them; one that does not exist is left out. Blocks. */
  List<Secret> of(Revision revision);

  /** Those that the Revision names and those of its ServiceAccount. */
  static PullSecrets read(KubernetesClient client) {
    return revision -> {
      String namespace = revision.getMetadata().getNamespace();
      PodSpec pod = revision.getSpec().podSpec();
      List<LocalObjectReference> names = new ArrayList<>(pod.getImagePullSecrets());
      String account = pod.getServiceAccountName();
      ServiceAccount found =
          client
              .serviceAccounts()
              .inNamespace(namespace)
              .withName(account == null || account.isEmpty() ? "default" : account)
              .get();
      if (found != null) {
        names.addAll(found.getImagePullSecrets());
      }
      return names.stream()
          .map(LocalObjectReference::getName)
          .distinct()
          .map(name -> client.secrets().inNamespace(namespace).withName(name).get())
          .filter(Objects::nonNull)
          .toList();
    };
  }
}
