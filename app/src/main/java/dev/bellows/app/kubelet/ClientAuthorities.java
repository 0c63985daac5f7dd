package dev.bellows.app.kubelet;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who vouches for those who ask a node, API servers first of all. */
public final class ClientAuthorities {
  private static final Logger log = LoggerFactory.getLogger(ClientAuthorities.class);

  /** Where an API server publishes what it knows clients by. */
  private static final String NAMESPACE = "kube-system";

  private static final String CONFIG_MAP = "extension-apiserver-authentication";
  private static final String KEY = "client-ca-file";

  private ClientAuthorities() {}

  /**
   * The certificates of a file, or those that the cluster publishes if we may read them; none if
   * there are none.
   *
   * @throws IOException if the file cannot be read, or holds no certificates
   */
  public static Collection<X509Certificate> find(KubernetesClient client, Optional<Path> file)
      throws IOException {
    if (file.isPresent()) {
      return parse(Files.readString(file.get()), file.get().toString());
    }
    try {
      ConfigMap published = client.configMaps().inNamespace(NAMESPACE).withName(CONFIG_MAP).get();
      String pem = published == null ? null : published.getData().get(KEY);
      return pem == null ? List.of() : parse(pem, NAMESPACE + "/" + CONFIG_MAP);
    } catch (KubernetesClientException e) {
      log.info("{}/{} cannot be read: {}", NAMESPACE, CONFIG_MAP, e.getMessage());
      return List.of();
    }
  }

  private static Collection<X509Certificate> parse(String pem, String where) throws IOException {
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
          .stream()
          .map(X509Certificate.class::cast)
          .toList();
    } catch (CertificateException e) {
      throw new IOException(where + " holds no certificates: " + e.getMessage(), e);
    }
  }
}
