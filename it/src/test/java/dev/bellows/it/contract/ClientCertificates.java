package dev.bellows.it.contract;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * What an API server shows when it asks a kubelet, and who vouches for it, as files.
 *
 * @param authority the certificate that a kubelet trusts
 * @param certificate the API server's, as a client
 * @param key of that certificate
 */
record ClientCertificates(Path authority, Path certificate, Path key) {
  private static final Duration LIFE = Duration.ofDays(1);

  /** Makes them. */
  static ClientCertificates in(Path directory) throws IOException {
    ClientCertificates files =
        new ClientCertificates(
            authorityIn(directory),
            directory.resolve("kubelet-client.crt"),
            directory.resolve("kubelet-client.key"));
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair ca = generator.generateKeyPair();
      KeyPair client = generator.generateKeyPair();
      X500Name issuer = new X500Name("CN=clients");
      write(
          files.authority,
          builder(issuer, issuer, ca)
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(0)),
          ca.getPrivate());
      write(
          files.certificate,
          builder(issuer, new X500Name("O=system:masters,CN=kube-apiserver-kubelet-client"), client)
              .addExtension(
                  Extension.extendedKeyUsage,
                  false,
                  new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth)),
          ca.getPrivate());
      Files.writeString(files.key, pem("PRIVATE KEY", client.getPrivate().getEncoded()));
      return files;
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("every JDK can make a certificate", e);
    }
  }

  /** Where {@link #in} puts the certificate that vouches for the others. */
  static Path authorityIn(Path directory) {
    return directory.resolve("client-ca.crt");
  }

  private static X509v3CertificateBuilder builder(X500Name issuer, X500Name subject, KeyPair keys) {
    Instant now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        issuer,
        BigInteger.valueOf(now.toEpochMilli()),
        Date.from(now.minus(LIFE)),
        Date.from(now.plus(LIFE)),
        subject,
        keys.getPublic());
  }

  private static void write(Path file, X509v3CertificateBuilder builder, PrivateKey key)
      throws IOException, OperatorCreationException {
    Files.writeString(
        file,
        pem(
            "CERTIFICATE",
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)).getEncoded()));
  }

  static String pem(String what, byte[] encoded) {
    String text =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(encoded);
    return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
  }
}
