package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.util.List;

/** A certificate with its key, ready to be shown to clients. */
public final class TlsIdentity {
  // A client that names no protocol is served by what it begins with, and so is any other.
  private static final ApplicationProtocolConfig OFFERED =
      new ApplicationProtocolConfig(
          Protocol.ALPN,
          SelectorFailureBehavior.NO_ADVERTISE,
          SelectedListenerFailureBehavior.ACCEPT,
          ApplicationProtocolNames.HTTP_2,
          ApplicationProtocolNames.HTTP_1_1);

  private final SslContext context;

  private TlsIdentity(SslContext context) {
    this.context = context;
  }

  /**
   * Reads both.
   *
   * @param certificatePem the chain, the server's own certificate first
   * @param keyPem its private key: PKCS#8, or the older forms of RSA and EC
   * @param versions of TLS to speak, such as {@link ServerCertificate#DEFAULT_VERSIONS}
   * @throws IOException if either is malformed, or the two do not belong together
   */
  public static TlsIdentity parse(byte[] certificatePem, byte[] keyPem, List<String> versions)
      throws IOException {
    KeyPairFile pair = KeyPairFile.parse(certificatePem, keyPem);
    return new TlsIdentity(
        SslContextBuilder.forServer(pair.privateKey(), pair.chain())
            .sslProvider(SslProvider.JDK)
            .protocols(versions)
            .applicationProtocolConfig(OFFERED)
            .build());
  }

  SslHandler handler(ByteBufAllocator allocator) {
    return context.newHandler(allocator);
  }
}
