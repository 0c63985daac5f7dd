package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The one certificate that a listener shows to all, replaced by whoever follows the object that it
 * is kept in. Connections that are open keep what they were shown. Safe to use from any thread.
 */
public final class PublishedCertificate extends ServerTls {
  private final TlsSettings settings;
  private volatile @Nullable TlsIdentity identity;

  /** Has nothing to show yet: connections are closed. */
  public PublishedCertificate(TlsSettings settings) {
    this.settings = settings;
  }

  /**
   * Shows this certificate from now on.
   *
   * @param certificatePem the chain, the server's own certificate first
   * @param keyPem its private key
   * @throws IOException if it cannot be used; then the one from before stays
   */
  public void publish(String certificatePem, String keyPem) throws IOException {
    identity =
        TlsIdentity.parse(
            certificatePem.getBytes(StandardCharsets.ISO_8859_1),
            keyPem.getBytes(StandardCharsets.ISO_8859_1),
            settings);
  }

  @Override
  ChannelHandler handler(ByteBufAllocator allocator) {
    TlsIdentity current = identity;
    return current == null ? new Closed() : current.handler(allocator);
  }

  /** Says nothing and hangs up. */
  private static final class Closed extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      ctx.close();
    }
  }
}
