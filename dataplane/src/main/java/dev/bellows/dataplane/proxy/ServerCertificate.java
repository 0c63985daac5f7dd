package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that listeners show to clients, kept in two PEM files that somebody else renews
 * (data-plane spec §7). Connections that are open keep what they were shown. Safe to use from any
 * thread; reading the files blocks.
 */
public final class ServerCertificate extends ServerTls {
  /** How often the original looks whether the files have changed. */
  public static final Duration RELOAD_INTERVAL = Duration.ofSeconds(60);

  /** A chain of certificates or a key is some KiB; more than this is something else. */
  private static final int FILE_LIMIT = 1 << 20;

  private final Path certificate;
  private final Path key;
  private final TlsSettings settings;
  private byte[] certificatePem = {};
  private byte[] keyPem = {};
  private volatile @Nullable TlsIdentity identity;

  private ServerCertificate(Path certificate, Path key, TlsSettings settings) {
    this.certificate = certificate;
    this.key = key;
    this.settings = settings;
  }

  /**
   * Reads a certificate.
   *
   * @param certificate the chain, the server's own certificate first
   * @param key its private key: PKCS#8, or the older forms of RSA and EC
   * @param settings what is spoken with clients
   * @throws IOException if a file cannot be read, or the two do not belong together
   */
  public static ServerCertificate load(Path certificate, Path key, TlsSettings settings)
      throws IOException {
    ServerCertificate loaded = new ServerCertificate(certificate, key, settings);
    loaded.reload();
    return loaded;
  }

  /**
   * Reads the files again and shows what they hold now to new connections.
   *
   * @return whether it is another certificate or key than before
   * @throws IOException if they cannot be used, as when one has been replaced and the other not
   *     yet; then the old ones stay
   */
  public synchronized boolean reload() throws IOException {
    byte[] newCertificate = read(certificate);
    byte[] newKey = read(key);
    if (identity != null
        && Arrays.equals(newCertificate, certificatePem)
        && Arrays.equals(newKey, keyPem)) {
      return false;
    }
    identity = TlsIdentity.parse(newCertificate, newKey, settings);
    certificatePem = newCertificate;
    keyPem = newKey;
    return true;
  }

  private static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] octets = in.readNBytes(FILE_LIMIT + 1);
      if (octets.length > FILE_LIMIT) {
        throw new IOException(file + " has more than " + FILE_LIMIT + " bytes");
      }
      return octets;
    }
  }

  @Override
  SslHandler handler(ByteBufAllocator allocator) {
    TlsIdentity current = identity;
    if (current == null) {
      throw new IllegalStateException("no certificate has been read from " + certificate);
    }
    return current.handler(allocator);
  }

  @Override
  public String toString() {
    return certificate.toString();
  }
}
