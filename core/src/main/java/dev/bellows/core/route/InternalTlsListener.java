package dev.bellows.core.route;

import java.util.List;

/**
 * What a part is told of the encryption of the system's own hops ({@code system-internal-tls},
 * data-plane spec §7). Whoever watches the API calls it, from one thread at a time; each call
 * carries the whole current state of its subject.
 */
public interface InternalTlsListener {
  /** Whether the hops are to be encrypted. */
  void onEnabled(boolean enabled);

  /**
   * The certificate of the system's routing parts, and its key; connections from now on see it.
   *
   * @throws IllegalArgumentException saying what is wrong, if it cannot be used; then the one that
   *     was told before stays
   */
  void onCertificate(TlsSecret certificate);

  /**
   * Who may have signed the certificates that are met; connections from now on are held to it.
   *
   * @param pems texts with certificates in PEM, in no particular order
   * @throws IllegalArgumentException saying what is wrong, if one cannot be used; then those that
   *     were told before stay
   */
  void onAuthorities(List<String> pems);
}
