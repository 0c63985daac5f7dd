package dev.bellows.controlplane.webhook;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * What the webhooks show to the API server: a certificate that vouches for itself, so that there is
 * no authority's key to keep, and its key.
 */
record ServingCertificate(X509Certificate certificate, PrivateKey key) {
  /** How long one is good for. */
  static final Duration LIFE = Duration.ofDays(90);

  /** How long before its end the next one is made. */
  static final Duration RENEW_BEFORE = Duration.ofDays(30);

  /** A clock that is a little behind the one that made the certificate must not refuse it. */
  private static final Duration BACKDATED = Duration.ofHours(1);

  private static final int SERIAL_BITS = 127;

  /**
   * Makes a new one.
   *
   * @param names DNS names and IP addresses of the webhooks, the first of them the subject
   */
  static ServingCertificate make(List<String> names, Instant now) {
    try {
      SecureRandom random = new SecureRandom();
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      KeyPair keys = generator.generateKeyPair();
      X500Name self = new X500Name("CN=" + names.getFirst());
      GeneralName[] alternatives =
          names.stream()
              .map(name ->
                  new GeneralName(isIp(name) ? GeneralName.iPAddress : GeneralName.dNSName, name))
              .toArray(GeneralName[]::new);
      X509Certificate certificate =
          new JcaX509CertificateConverter()
              .getCertificate(
                  new JcaX509v3CertificateBuilder(
                          self,
                          new BigInteger(SERIAL_BITS, random),
                          Date.from(now.minus(BACKDATED)),
                          Date.from(now.plus(LIFE)),
                          self,
                          keys.getPublic())
                      .addExtension(
                          Extension.extendedKeyUsage,
                          false,
                          new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
                      .addExtension(
                          Extension.subjectAlternativeName, false, new GeneralNames(alternatives))
                      .build(
                          new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
      return new ServingCertificate(certificate, keys.getPrivate());
    } catch (GeneralSecurityException
        | OperatorCreationException
        | org.bouncycastle.cert.CertIOException e) {
      throw new IllegalStateException("every JDK can make a certificate", e);
    }
  }

  /**
   * Reads one.
   *
   * @throws GeneralSecurityException if the text holds no certificate or no key of it
   */
  static ServingCertificate read(String certificatePem, String keyPem)
      throws GeneralSecurityException {
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(
                    new ByteArrayInputStream(certificatePem.getBytes(StandardCharsets.US_ASCII)));
    byte[] key;
    try {
      key = Base64.getMimeDecoder().decode(keyPem.replaceAll("-----[A-Z ]+-----", ""));
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("the key is not base64", e);
    }
    PrivateKey read =
        KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(key));
    return new ServingCertificate(certificate, read);
  }

  /** Whether it is good for all of these. */
  boolean names(List<String> wanted) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names != null
          && wanted.stream()
              .allMatch(want -> names.stream().anyMatch(name -> want.equals(name.get(1))));
    } catch (CertificateParsingException e) {
      return false; // Another is made in its place.
    }
  }

  private static boolean isIp(String name) {
    return name.indexOf(':') >= 0 || name.matches("[0-9.]+");
  }

  /** Whether it is time for the next one. */
  boolean endsSoonAfter(Instant now) {
    return !now.isBefore(renewalTime());
  }

  /** When the next one is to be made. */
  Instant renewalTime() {
    return certificate.getNotAfter().toInstant().minus(RENEW_BEFORE);
  }

  String certificatePem() {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate that was read can be written", e);
    }
  }

  String keyPem() {
    return pem("PRIVATE KEY", key.getEncoded());
  }

  /** Says which one it is, never its key. */
  @Override
  public String toString() {
    return "the certificate of "
        + certificate.getSubjectX500Principal().getName()
        + ", good until "
        + certificate.getNotAfter().toInstant();
  }

  private static String pem(String type, byte[] content) {
    return "-----BEGIN "
        + type
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
        + "\n-----END "
        + type
        + "-----\n";
  }
}
