package dev.bellows.dataplane.raw;

import dev.bellows.core.route.Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * An address that refuses connections for as long as this is open: a socket is bound there and does
 * not listen. A port that was merely free a moment ago may be somebody else's by now.
 */
public final class ClosedPort implements AutoCloseable {
  private final Socket bound = new Socket();

  public ClosedPort() throws IOException {
    bound.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
  }

  /** Where nobody listens. */
  public Address address() {
    return new Address("127.0.0.1", bound.getLocalPort());
  }

  @Override
  public void close() throws IOException {
    bound.close();
  }
}
