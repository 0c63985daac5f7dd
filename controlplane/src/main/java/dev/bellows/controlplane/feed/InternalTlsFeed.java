package dev.bellows.controlplane.feed;

import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.watch.Informers;
import dev.bellows.controlplane.watch.LiveConfig;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.route.InternalTlsListener;
import dev.bellows.core.route.SecretId;
import dev.bellows.core.route.TlsSecret;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a part of the encryption of the system's own hops: the switch in {@code config-network},
 * the certificate in the Secret {@code routing-serving-certs}, and whom to trust: the authorities
 * in that Secret and in the ConfigMaps of trust bundles (data-plane spec §7). One lock makes the
 * several watches take turns; the listener is called under it.
 */
public final class InternalTlsFeed {
  private static final Logger log = LoggerFactory.getLogger(InternalTlsFeed.class);

  /** The Secret with the certificate of activators. */
  public static final String SECRET = "routing-serving-certs";

  private static final String TRUST_BUNDLE = "networking.knative.dev/trust-bundle";
  private static final String AUTHORITY = "ca.crt";

  private final Watched<Secret> secrets;
  private final Watched<ConfigMap> configMaps;
  private final InternalTlsListener listener;
  private final String namespace;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<TlsSecret> toldCertificate = Optional.empty();
  private List<String> toldAuthorities = List.of();

  /**
   * Begins to listen; to be made before the views are filled.
   *
   * @param namespace the system's own
   */
  public InternalTlsFeed(
      Informers informers, LiveConfig config, String namespace, InternalTlsListener listener) {
    this.secrets = informers.watchOne(Secret.class, namespace, SECRET);
    this.configMaps = informers.watchConfigMaps(namespace);
    this.listener = listener;
    this.namespace = namespace;
    secrets.onChange(_ -> look());
    configMaps.onChange(change -> {
      if (Children.labels(change.object()).containsKey(TRUST_BUNDLE)) {
        look();
      }
    });
    config.onChange(changed -> {
      lock.lock();
      try {
        listener.onEnabled(changed.network().systemInternalTls());
      } finally {
        lock.unlock();
      }
    });
  }

  private void look() {
    lock.lock();
    try {
      Optional<Secret> secret = secrets.find(namespace, SECRET);
      tellAuthorities(secret);
      tellCertificate(secret);
    } finally {
      lock.unlock();
    }
  }

  private void tellAuthorities(Optional<Secret> secret) {
    List<String> authorities = new ArrayList<>();
    secret.map(found -> text(found, AUTHORITY)).ifPresent(authorities::add);
    configMaps.all().stream()
        .filter(each -> Children.labels(each).containsKey(TRUST_BUNDLE))
        .forEach(each -> {
          if (each.getData() != null) {
            authorities.addAll(each.getData().values());
          }
        });
    List<String> now = authorities.stream().sorted().distinct().toList();
    if (now.equals(toldAuthorities)) {
      return;
    }
    try {
      listener.onAuthorities(now);
      toldAuthorities = now;
    } catch (IllegalArgumentException e) {
      log.warn("the authorities of {} stay as they were: {}", SECRET, e.getMessage());
    }
  }

  private void tellCertificate(Optional<Secret> secret) {
    Optional<TlsSecret> now =
        secret.map(found ->
            new TlsSecret(
                new SecretId(namespace, SECRET), text(found, "tls.crt"), text(found, "tls.key")));
    if (now.isEmpty() || now.equals(toldCertificate)) {
      return; // one that is gone is shown on: there is nothing better
    }
    try {
      listener.onCertificate(now.get());
      toldCertificate = now;
    } catch (IllegalArgumentException e) {
      log.warn("the certificate of {} cannot be used: {}", SECRET, e.getMessage());
    }
  }

  private static String text(Secret secret, String entry) {
    String encoded = secret.getData() == null ? null : secret.getData().get(entry);
    try {
      return encoded == null
          ? ""
          : new String(Base64.getMimeDecoder().decode(encoded), StandardCharsets.ISO_8859_1);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
