package dev.bellows.controlplane.feed;

import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.route.IngressListener;
import dev.bellows.core.route.SecretId;
import dev.bellows.core.route.TlsSecret;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Secrets that KIngresses name for their certificates, each told to the gateway while it is
 * named. Not safe to use from several threads at a time: its feed's lock is held.
 */
final class NamedSecrets {
  private static final Logger log = LoggerFactory.getLogger(NamedSecrets.class);

  private final Watched<Secret> tlsSecrets;
  private final IngressListener listener;

  /** How many KIngresses name a Secret. */
  private final Map<SecretId, Integer> named = new HashMap<>();

  private final Map<SecretId, TlsSecret> told = new HashMap<>();

  /** Those whose certificate, this one or one before, the gateway shows. */
  private final Set<SecretId> shown = new HashSet<>();

  private final Map<SecretId, String> complaints = new HashMap<>();

  NamedSecrets(Watched<Secret> tlsSecrets, IngressListener listener) {
    this.tlsSecrets = tlsSecrets;
    this.listener = listener;
  }

  /** Another KIngress names it. */
  void named(SecretId id) {
    if (named.merge(id, 1, Integer::sum) == 1) {
      tell(id);
    }
  }

  /** A KIngress names it no more. */
  void released(SecretId id) {
    if (named.merge(id, -1, Integer::sum) == 0) {
      named.remove(id);
      complaints.remove(id);
      forget(id);
    }
  }

  /**
   * It may have changed.
   *
   * @return whether a KIngress names it
   */
  boolean changed(SecretId id) {
    if (!named.containsKey(id)) {
      return false;
    }
    tell(id);
    return true;
  }

  /** Why the gateway has no certificate to show for it, if that is so. */
  Optional<String> complaint(SecretId id) {
    return shown.contains(id) ? Optional.empty() : Optional.ofNullable(complaints.get(id));
  }

  private void tell(SecretId id) {
    Optional<Secret> secret = tlsSecrets.find(id.namespace(), id.name());
    if (secret.isEmpty()) {
      complaints.put(id, "Secret " + id + " does not exist, or is not of type kubernetes.io/tls.");
      forget(id);
      return;
    }
    try {
      TlsSecret now =
          new TlsSecret(id, text(secret.get(), "tls.crt"), text(secret.get(), "tls.key"));
      if (now.equals(told.put(id, now))) {
        return;
      }
      listener.onTlsSecret(now);
      shown.add(id);
      complaints.remove(id);
    } catch (IllegalArgumentException e) {
      complaints.put(id, "Secret " + id + " cannot be used: " + e.getMessage() + ".");
      log.warn(
          "Secret {} cannot be used, {}: {}",
          id,
          shown.contains(id) ? "its last good certificate is still shown" : "nothing is shown",
          e.getMessage());
    }
  }

  private void forget(SecretId id) {
    if (told.remove(id) != null) {
      shown.remove(id);
      listener.onTlsSecretDeleted(id);
    }
  }

  /** An entry as it is; PEM is ASCII, and what is not will be refused as such. */
  private static String text(Secret secret, String entry) {
    String encoded = secret.getData() == null ? null : secret.getData().get(entry);
    return encoded == null
        ? ""
        : new String(Base64.getMimeDecoder().decode(encoded), StandardCharsets.ISO_8859_1);
  }
}
