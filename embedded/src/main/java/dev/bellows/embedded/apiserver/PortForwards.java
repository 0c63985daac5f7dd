package dev.bellows.embedded.apiserver;

import dev.bellows.core.route.Address;
import dev.bellows.embedded.stream.ByteStream;
import dev.bellows.embedded.stream.StreamConnection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one {@code kubectl port-forward}. For each connection that kubectl takes it opens two
 * streams with the same {@code requestid}: one to say in what went wrong, one for the bytes.
 */
final class PortForwards {
  private static final Logger LOG = LoggerFactory.getLogger(PortForwards.class);

  /** A client that opens nothing for so long is sent away, as by a kubelet. */
  private static final Duration MAX_IDLE = Duration.ofHours(4);

  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
  private static final int BUFFER_BYTES = 16 << 10;

  private final StreamConnection connection;
  private final Ports ports;
  private final Map<String, ByteStream> errors = new HashMap<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /** Where the pod's ports are. */
  interface Ports {
    Address of(int port) throws IOException;
  }

  PortForwards(StreamConnection connection, Ports ports) {
    this.connection = connection;
    this.ports = ports;
  }

  /** Serves the client until it leaves. */
  void run() throws IOException {
    try {
      while (true) {
        Optional<ByteStream> opened = connection.accept(MAX_IDLE);
        if (opened.isEmpty()) {
          return;
        }
        ByteStream stream = opened.get();
        String request = stream.headers().getOrDefault("requestid", "");
        if (stream.type().equals("error")) {
          stream.input().close();
          // As many at most as the connection has streams, which has its own limit.
          errors.put(request, stream);
        } else {
          ByteStream error = errors.remove(request);
          if (!stream.type().equals("data") || error == null) {
            stream.input().close();
            stream.output().close();
          } else {
            Thread.ofVirtual().name("port-forward").start(() -> forward(stream, error));
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      open.forEach(PortForwards::close);
    }
  }

  private void forward(ByteStream data, ByteStream error) {
    try (InputStream in = data.input();
        OutputStream out = data.output();
        OutputStream failure = error.output()) {
      String port = data.headers().getOrDefault("port", "");
      Socket socket = new Socket();
      try (socket) {
        Address address = ports.of(number(port));
        socket.setTcpNoDelay(true);
        socket.connect(
            new InetSocketAddress(address.ip(), address.port()),
            Math.toIntExact(CONNECT_LIMIT.toMillis()));
        open.add(socket);
        if (connection.peer().hasLeft()) {
          return; // before we were in the list of those to close
        }
        exchange(socket, in, out);
      } catch (IOException e) {
        failure.write(
            ("an error occurred forwarding " + port + ": " + e.getMessage())
                .getBytes(StandardCharsets.UTF_8));
      } finally {
        open.remove(socket);
      }
    } catch (IOException e) {
      LOG.debug("a forwarded connection has lost its client", e);
    }
  }

  private static int number(String port) throws IOException {
    try {
      int number = Integer.parseInt(port);
      if (number > 0 && number <= 0xffff) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IOException("'" + port + "' is no port", e);
    }
    throw new IOException("'" + port + "' is no port");
  }

  /** Until the program has said all; a client that has said all may still listen. */
  private void exchange(Socket socket, InputStream in, OutputStream out) throws IOException {
    Thread.ofVirtual()
        .name("port-forward-in")
        .start(() -> {
          try {
            copy(in, socket.getOutputStream());
            socket.shutdownOutput();
          } catch (IOException e) {
            close(socket); // the client has reset the stream, or the program its connection
          }
        });
    copy(socket.getInputStream(), out);
  }

  private static void copy(InputStream from, OutputStream to) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    int count;
    while ((count = from.read(buffer)) >= 0) {
      to.write(buffer, 0, count);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("closing a forwarded connection", e);
    }
  }
}
