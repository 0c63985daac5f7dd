package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.store.DataFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The server's certificate and the authority that vouches for it, made at the first start and kept
 * in {@code pki/} of the data directory. A certificate near its end is made anew by the same
 * authority, so that kubeconfigs stay good.
 *
 * @param authority what clients are given to trust
 * @param server for 127.0.0.1, ::1 and localhost
 * @param serverKey the server's private key
 */
record Certificates(X509Certificate authority, X509Certificate server, PrivateKey serverKey) {
  private static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);
  private static final Duration SERVER_LIFE = Duration.ofDays(365);
  private static final Duration RENEW_BEFORE = Duration.ofDays(30);

  /** A clock that is a little behind the one that made the certificate must not refuse it. */
  private static final Duration BACKDATED = Duration.ofHours(1);

  /**
   * Reads the certificates of a data directory, making what is missing or about to expire.
   *
   * @param address further name or IP address that the server is reached by
   */
  static Certificates of(Path dataDirectory, String address, Instant now) throws IOException {
    Path directory = DataFiles.ownerOnlyDirectory(dataDirectory.resolve("pki"));
    Path caFile = directory.resolve("ca.crt");
    Path caKeyFile = directory.resolve("ca.key");
    Path serverFile = directory.resolve("server.crt");
    Path serverKeyFile = directory.resolve("server.key");
    try {
      if (!Files.exists(caFile) || !Files.exists(caKeyFile)) {
        KeyPair keys = keys();
        X500Name name = new X500Name("CN=bellows");
        X509Certificate made =
            sign(
                builder(name, keys, name, now, AUTHORITY_LIFE)
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                    .addExtension(
                        Extension.keyUsage,
                        true,
                        new KeyUsage(KeyUsage.keyCertSign | KeyUsage.digitalSignature)),
                keys.getPrivate());
        write(caKeyFile, "PRIVATE KEY", keys.getPrivate().getEncoded());
        write(caFile, "CERTIFICATE", made.getEncoded());
        Files.deleteIfExists(serverFile);
      }
      X509Certificate authority = certificate(caFile);
      boolean usable =
          Files.exists(serverFile)
              && Files.exists(serverKeyFile)
              && certificate(serverFile).getNotAfter().toInstant().isAfter(now.plus(RENEW_BEFORE))
              && names(certificate(serverFile), address);
      if (!usable) {
        KeyPair keys = keys();
        X509Certificate made =
            sign(
                builder(
                        new X500Name("CN=bellows"),
                        keys,
                        new X500Name("CN=bellows-apiserver"),
                        now,
                        SERVER_LIFE)
                    .addExtension(
                        Extension.extendedKeyUsage,
                        false,
                        new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
                    .addExtension(
                        Extension.subjectAlternativeName, false, alternativeNames(address)),
                key(caKeyFile));
        write(serverKeyFile, "PRIVATE KEY", keys.getPrivate().getEncoded());
        write(serverFile, "CERTIFICATE", made.getEncoded());
      }
      return new Certificates(authority, certificate(serverFile), key(serverKeyFile));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException(
          "the certificates in "
              + directory
              + " cannot be used: "
              + e.getMessage()
              + "; delete that directory to have new ones made",
          e);
    }
  }

  /** The authority's certificate as clients are given it. */
  String authorityPem() {
    try {
      return pem("CERTIFICATE", authority.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate that was read can be written", e);
    }
  }

  /**
   * What connections are made with: the JDK's own TLS. Netty's builder would look for other
   * providers first and load half of BouncyCastle at each start.
   */
  SSLContext tls() throws IOException {
    return tls(List.of());
  }

  /**
   * The same for a server whose clients may show certificates.
   *
   * @param clientAuthorities who vouches for clients; nobody, if there is none
   */
  SSLContext tls(Collection<X509Certificate> clientAuthorities) throws IOException {
    try {
      KeyStore store = emptyStore();
      char[] none = new char[0];
      store.setKeyEntry("server", serverKey, none, new Certificate[] {server, authority});
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, none);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trusting(clientAuthorities), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the server's certificate cannot be used: " + e.getMessage(), e);
    }
  }

  private static TrustManager @Nullable [] trusting(Collection<X509Certificate> authorities)
      throws IOException, GeneralSecurityException {
    if (authorities.isEmpty()) {
      return null; // clients are not asked
    }
    KeyStore store = emptyStore();
    for (X509Certificate each : authorities) {
      store.setCertificateEntry(Integer.toString(store.size()), each);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust.getTrustManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  /** The key pair in two files, made if they are missing. */
  static KeyPair keyPair(Path keyFile, Path publicKeyFile) throws IOException {
    try {
      if (!Files.exists(keyFile) || !Files.exists(publicKeyFile)) {
        KeyPair made = keys();
        write(keyFile, "PRIVATE KEY", made.getPrivate().getEncoded());
        write(publicKeyFile, "PUBLIC KEY", made.getPublic().getEncoded());
      }
      return new KeyPair(
          KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(body(publicKeyFile))),
          key(keyFile));
    } catch (GeneralSecurityException e) {
      throw new IOException(keyFile + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static JcaX509v3CertificateBuilder builder(
      X500Name issuer, KeyPair keys, X500Name subject, Instant now, Duration life) {
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(127, new SecureRandom()),
        Date.from(now.minus(BACKDATED)),
        Date.from(now.plus(life)),
        subject,
        keys.getPublic());
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws OperatorCreationException, GeneralSecurityException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
  }

  private static GeneralNames alternativeNames(String address) {
    return new GeneralNames(
        new GeneralName[] {
          new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
          new GeneralName(GeneralName.iPAddress, "::1"),
          new GeneralName(GeneralName.dNSName, "localhost"),
          new GeneralName(GeneralName.dNSName, "kubernetes.default.svc"),
          new GeneralName(isIp(address) ? GeneralName.iPAddress : GeneralName.dNSName, address)
        });
  }

  private static boolean isIp(String address) {
    return address.indexOf(':') >= 0 || address.matches("[0-9.]+");
  }

  private static boolean names(X509Certificate certificate, String address)
      throws GeneralSecurityException {
    var names = certificate.getSubjectAlternativeNames();
    return names != null && names.stream().anyMatch(name -> name.get(1).equals(address));
  }

  private static void write(Path file, String type, byte[] content) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(file);
    DataFiles.ownerOnly(file);
    Files.writeString(file, pem(type, content));
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

  private static byte[] body(Path file) throws IOException {
    return Base64.getMimeDecoder()
        .decode(Files.readString(file).replaceAll("-----[A-Z ]+-----", ""));
  }

  private static X509Certificate certificate(Path file)
      throws IOException, GeneralSecurityException {
    byte[] pem = Files.readString(file).getBytes(StandardCharsets.US_ASCII);
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
  }

  private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(body(file)));
  }
}
