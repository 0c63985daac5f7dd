package dev.bellows.dataplane.proxy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A chain of certificates and the private key of the first, as PEM (RFC 7468) carries them. The JDK
 * reads keys in PKCS#8 alone; those of older programs ({@code RSA PRIVATE KEY}, {@code EC PRIVATE
 * KEY}) are the same octets without the name of the algorithm, which the certificate tells.
 */
final class KeyPairFile {
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN (|RSA |EC )PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END \\1PRIVATE KEY-----");

  private static final byte[] PROBE =
      "do they belong together?".getBytes(StandardCharsets.US_ASCII);
  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};

  private final X509Certificate[] chain;
  private final PrivateKey privateKey;

  private KeyPairFile(X509Certificate[] chain, PrivateKey privateKey) {
    this.chain = chain;
    this.privateKey = privateKey;
  }

  X509Certificate[] chain() {
    return chain.clone();
  }

  PrivateKey privateKey() {
    return privateKey;
  }

  /**
   * Reads both.
   *
   * @throws IOException if either is malformed, or they do not belong together
   */
  static KeyPairFile parse(byte[] certificatePem, byte[] keyPem) throws IOException {
    try {
      X509Certificate[] chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(certificatePem))
              .toArray(X509Certificate[]::new);
      if (chain.length == 0) {
        throw new IOException("no certificate in the file of certificates");
      }
      PublicKey publicKey = chain[0].getPublicKey();
      PrivateKey privateKey = privateKey(keyPem, publicKey);
      if (!belongTogether(privateKey, publicKey)) {
        throw new IOException("the private key is not that of the certificate");
      }
      return new KeyPairFile(chain, privateKey);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("malformed certificate or key: " + e.getMessage(), e);
    }
  }

  private static PrivateKey privateKey(byte[] pem, PublicKey publicKey)
      throws IOException, GeneralSecurityException {
    Matcher found = KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
    if (!found.find()) {
      throw new IOException("no private key in the file of the key");
    }
    byte[] octets = Base64.getMimeDecoder().decode(found.group(2));
    byte[] pkcs8 = found.group(1).isEmpty() ? octets : wrap(octets, publicKey);
    return KeyFactory.getInstance(publicKey.getAlgorithm())
        .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
  }

  /** PrivateKeyInfo (RFC 5958 §2): version, algorithm, and the key as it was. */
  private static byte[] wrap(byte[] key, PublicKey publicKey) {
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    info.writeBytes(VERSION_0);
    info.writeBytes(algorithm(publicKey.getEncoded()));
    info.writeBytes(element(OCTET_STRING, key));
    return element(SEQUENCE, info.toByteArray());
  }

  /** The first element of a SubjectPublicKeyInfo (RFC 5280 §4.1). */
  private static byte[] algorithm(byte[] publicKeyInfo) {
    int start = contentStart(publicKeyInfo, 0);
    int content = contentStart(publicKeyInfo, start);
    int length = publicKeyInfo[start + 1] & 0xff; // an algorithm's name is always short
    return Arrays.copyOfRange(publicKeyInfo, start, content + length);
  }

  private static int contentStart(byte[] der, int element) {
    int length = der[element + 1] & 0xff;
    return element + 2 + (length < 0x80 ? 0 : length & 0x7f);
  }

  private static byte[] element(int tag, byte[] content) {
    ByteArrayOutputStream element = new ByteArrayOutputStream();
    element.write(tag);
    int length = content.length;
    if (length < 0x80) {
      element.write(length);
    } else if (length < 0x100) {
      element.write(0x81);
      element.write(length);
    } else {
      element.write(0x82);
      element.write(length >> 8);
      element.write(length);
    }
    element.writeBytes(content);
    return element.toByteArray();
  }

  private static boolean belongTogether(PrivateKey privateKey, PublicKey publicKey)
      throws GeneralSecurityException {
    String algorithm =
        switch (publicKey.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> publicKey.getAlgorithm(); // EdDSA signs by its own name
        };
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(privateKey);
    signing.update(PROBE);
    Signature checking = Signature.getInstance(algorithm);
    checking.initVerify(publicKey);
    checking.update(PROBE);
    return checking.verify(signing.sign());
  }
}
