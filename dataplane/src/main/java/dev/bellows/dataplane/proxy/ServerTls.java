package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;

/** What a listener shows to clients that speak TLS. */
public abstract sealed class ServerTls
    permits ServerCertificate, CertificatesByName, PublishedCertificate {
  ServerTls() {}

  /** The handler for a new connection. */
  abstract ChannelHandler handler(ByteBufAllocator allocator);
}
