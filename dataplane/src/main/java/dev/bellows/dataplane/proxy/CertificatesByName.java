package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.util.concurrent.Future;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Certificates that a listener chooses among by the name that a client asks for (SNI, RFC 6066 §3).
 * Who asks for none, or for a name that has no certificate, is told so by an alert: a certificate
 * of somebody else would only be an error of another kind. Safe to use from any thread.
 */
public final class CertificatesByName extends ServerTls {
  /** A fatal alert, unrecognized_name (RFC 8446 §6.2), before any other message. */
  private static final byte[] UNRECOGNIZED_NAME = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70};

  private volatile Map<String, TlsIdentity> byName = Map.of();

  /**
   * Shows these to new connections; those that are open keep what they were shown.
   *
   * @param certificates by name, in lower case: a host's, or {@code *.} and a domain for all names
   *     that have one label more
   */
  public void publish(Map<String, TlsIdentity> certificates) {
    byName = Map.copyOf(certificates);
  }

  private @Nullable TlsIdentity find(@Nullable String name) {
    if (name == null) {
      return null;
    }
    Map<String, TlsIdentity> known = byName;
    TlsIdentity exact = known.get(name);
    int dot = name.indexOf('.');
    return exact != null || dot < 0 ? exact : known.get("*" + name.substring(dot));
  }

  @Override
  ChannelHandler handler(ByteBufAllocator allocator) {
    return new Chooser();
  }

  /** Waits for the name, and then makes way for TLS. */
  private final class Chooser extends AbstractSniHandler<@Nullable TlsIdentity> {
    @Override
    protected Future<@Nullable TlsIdentity> lookup(
        ChannelHandlerContext ctx, @Nullable String name) {
      return ctx.executor().newSucceededFuture(find(name));
    }

    @Override
    protected void onLookupComplete(
        ChannelHandlerContext ctx, @Nullable String name, Future<@Nullable TlsIdentity> found) {
      TlsIdentity identity = found.getNow();
      if (identity == null) {
        ctx.writeAndFlush(Unpooled.wrappedBuffer(UNRECOGNIZED_NAME))
            .addListener(ChannelFutureListener.CLOSE);
      } else {
        ctx.pipeline().replace(this, null, identity.handler(ctx.alloc()));
      }
    }
  }
}
