package dev.bellows.dataplane.proxy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The authorities that this process believes when it dials the system's own listeners (data-plane
 * spec §7). It may be replaced at any time, by any thread; connections that are open stay.
 */
public final class TrustPool {
  private static final Pattern CERTIFICATE =
      Pattern.compile("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----");

  private volatile @Nullable X509ExtendedTrustManager authorities;

  /** Trusts nobody yet: every connection is refused. */
  public TrustPool() {}

  /**
   * Trusts these from now on, and no others.
   *
   * @throws IOException if they cannot be used; then those from before stay
   */
  public void publish(Collection<X509Certificate> certificates) throws IOException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      int number = 0;
      for (X509Certificate each : certificates) {
        store.setCertificateEntry("authority-" + number++, each);
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      for (TrustManager each : factory.getTrustManagers()) {
        if (number > 0 && each instanceof X509ExtendedTrustManager manager) {
          authorities = manager;
          return;
        }
      }
      authorities = null;
    } catch (GeneralSecurityException e) {
      throw new IOException("certificates that cannot be trusted: " + e.getMessage(), e);
    }
  }

  /**
   * The certificates in a text of PEM; what stands between them is no matter.
   *
   * @throws IOException if one is malformed
   */
  public static List<X509Certificate> parse(String pem) throws IOException {
    List<X509Certificate> found = new ArrayList<>();
    Matcher each = CERTIFICATE.matcher(pem);
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      while (each.find()) {
        byte[] octets = each.group().getBytes(StandardCharsets.US_ASCII);
        if (factory.generateCertificate(new ByteArrayInputStream(octets))
            instanceof X509Certificate certificate) {
          found.add(certificate);
        }
      }
      return found;
    } catch (CertificateException e) {
      throw new IOException("malformed certificate: " + e.getMessage(), e);
    }
  }

  X509ExtendedTrustManager current() throws CertificateException {
    X509ExtendedTrustManager known = authorities;
    if (known == null) {
      throw new CertificateException("certificate signed by unknown authority");
    }
    return known;
  }
}
