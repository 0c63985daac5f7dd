package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.CertificateSpec;
import dev.bellows.controlplane.reconcile.certificate.Provision;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The certificate of the queue-proxies of one namespace, where the system's own hops are encrypted:
 * a Certificate, the Secret that it fills, and the volume by which pods get it (data-plane spec §7,
 * serving spec §4). It belongs to the namespace, not to one Revision.
 */
public final class QueueProxyCertificate {
  /** Name of the Certificate and of its Secret. */
  public static final String NAME = "serving-certs";

  private static final String VOLUME = "server-certs";
  private static final String MOUNT = "/var/lib/knative/certs";
  private static final String SERVER_NAME = "data-plane.knative.dev";
  private static final String TYPE = "networking.knative.dev/certificate-type";

  private QueueProxyCertificate() {}

  static Certificate wanted(String namespace, SystemConfig config) {
    Certificate certificate = new Certificate();
    certificate.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(namespace)
            .withName(NAME)
            .withLabels(Map.of(TYPE, "system-internal"))
            .withAnnotations(
                Map.of(Provision.CERTIFICATE_CLASS, config.network().certificateClass()))
            .build());
    certificate.setSpec(
        new CertificateSpec(
            List.of("kn-user-" + namespace.toLowerCase(Locale.ROOT), SERVER_NAME), null, NAME));
    return certificate;
  }

  /** Whether a Secret has what a queue-proxy serves with. */
  static boolean isFilled(Secret secret) {
    Map<String, String> data = secret.getData();
    return data != null && data.containsKey("tls.crt") && data.containsKey("tls.key");
  }

  static Volume volume() {
    return new VolumeBuilder()
        .withName(VOLUME)
        .withNewSecret()
        .withSecretName(NAME)
        .endSecret()
        .build();
  }

  static VolumeMount mount() {
    return new VolumeMountBuilder()
        .withName(VOLUME)
        .withMountPath(MOUNT)
        .withReadOnly(true)
        .build();
  }
}
