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
import javax.net.ssl.SSLParameters;

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
  private final List<String> curves;

  private TlsIdentity(SslContext context, List<String> curves) {
    this.context = context;
    this.curves = curves;
  }

  /**
   * Reads both.
   *
   * @param certificatePem the chain, the server's own certificate first
   * @param keyPem its private key: PKCS#8, or the older forms of RSA and EC
   * @param settings what is spoken with them
   * @throws IOException if either is malformed, or the two do not belong together
   */
  public static TlsIdentity parse(byte[] certificatePem, byte[] keyPem, TlsSettings settings)
      throws IOException {
    KeyPairFile pair = KeyPairFile.parse(certificatePem, keyPem);
    return new TlsIdentity(
        SslContextBuilder.forServer(pair.privateKey(), pair.chain())
            .sslProvider(SslProvider.JDK)
            .protocols(settings.versions())
            .ciphers(settings.cipherSuites().isEmpty() ? null : settings.cipherSuites())
            .applicationProtocolConfig(OFFERED)
            .build(),
        settings.curves());
  }

  SslHandler handler(ByteBufAllocator allocator) {
    SslHandler handler = context.newHandler(allocator);
    if (!curves.isEmpty()) {
      SSLParameters parameters = handler.engine().getSSLParameters();
      parameters.setNamedGroups(curves.toArray(String[]::new));
      handler.engine().setSSLParameters(parameters);
    }
    return handler;
  }
}
