package dev.bellows.core.route;

/**
 * A Secret that holds a certificate.
 *
 * @param id the Secret
 * @param certificate {@code tls.crt}: the chain as PEM, the server's own certificate first
 * @param key {@code tls.key}: its private key as PEM
 */
public record TlsSecret(SecretId id, String certificate, String key) {
  /** Its name alone: what it holds is nobody's business. */
  @Override
  public String toString() {
    return "Secret " + id;
  }
}
