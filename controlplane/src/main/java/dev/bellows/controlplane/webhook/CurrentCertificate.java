package dev.bellows.controlplane.webhook;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows whichever certificate is in force when a handshake begins. A handshake asks for certificate
 * and key one after the other, by the name it was given first: the one before stays at hand, so
 * that an exchange in between does not pair one's certificate with the other's key.
 */
final class CurrentCertificate extends X509ExtendedKeyManager {
  private volatile Held held = new Held(0, Optional.empty(), Optional.empty());

  /** The certificate in force, the one before, and how many there have been. */
  private record Held(
      long generation,
      Optional<ServingCertificate> current,
      Optional<ServingCertificate> previous) {
    Optional<ServingCertificate> named(String alias) {
      if (alias.equals(Long.toString(generation))) {
        return current;
      }
      return alias.equals(Long.toString(generation - 1)) ? previous : Optional.empty();
    }
  }

  /** Whether one is in force. */
  boolean isThere() {
    return held.current().isPresent();
  }

  /** Puts one in force, unless it is already. */
  synchronized boolean use(ServingCertificate newest) {
    Held now = held;
    if (now.current().filter(newest::equals).isPresent()) {
      return false;
    }
    held = new Held(now.generation() + 1, Optional.of(newest), now.current());
    return true;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal[] issuers, SSLEngine engine) {
    Held now = held;
    return now.current()
        .filter(it -> it.certificate().getPublicKey().getAlgorithm().equals(keyType))
        .map(_ -> Long.toString(now.generation()))
        .orElse(null);
  }

  @Override
  public @Nullable String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
    return null;
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return held.named(alias).map(it -> new X509Certificate[] {it.certificate()}).orElse(null);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    return held.named(alias).map(ServingCertificate::key).orElse(null);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal[] issuers) {
    return null;
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal[] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
    return null;
  }
}
