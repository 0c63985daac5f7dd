package dev.bellows.dataplane.raw;

import dev.bellows.core.route.Address;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that does what a test tells it, octet by octet, so that no library smooths it over. */
public final class Backend implements AutoCloseable {
  /** What happens on one connection. */
  public interface Script {
    void run(Connection connection) throws Exception;
  }

  /** One accepted connection. */
  public final class Connection {
    public final Socket socket;
    public final InputStream in;
    public final OutputStream out;

    Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new BufferedInputStream(socket.getInputStream());
      this.out = socket.getOutputStream();
    }

    /** The next request's head, up to and without the empty line. */
    public String head() throws IOException {
      String head = Wire.head(in);
      heads.add(head);
      return head;
    }

    public void send(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    /** Sends 200 with a body and its length. */
    public void ok(String body) throws IOException {
      send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }
  }

  public final List<String> heads = new CopyOnWriteArrayList<>();
  public final AtomicInteger accepted = new AtomicInteger();
  private final ServerSocket server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  public Backend(Script script) throws IOException {
    server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("backend").start(() -> accept(script));
  }

  /** Answers every request with 200 and the request's head as body. */
  public static Backend echoingHeads() throws IOException {
    return new Backend(connection -> {
      while (true) {
        connection.ok(connection.head());
      }
    });
  }

  public Address address() {
    return new Address("127.0.0.1", server.getLocalPort());
  }

  private void accept(Script script) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        accepted.incrementAndGet();
        sockets.add(socket);
        Thread.ofVirtual().name("backend connection").start(() -> serve(script, socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Script script, Socket socket) {
    try (socket) {
      script.run(new Connection(socket));
    } catch (EOFException | java.net.SocketException gone) {
      // The proxy closed the connection, which ends the script.
    } catch (Exception e) {
      throw new IllegalStateException("script of a backend failed", e);
    } finally {
      sockets.remove(socket);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** Reads HTTP/1 as octets. */
  static final class Wire {
    private Wire() {}

    static String head(InputStream in) throws IOException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      int matched = 0; // of CR LF CR LF
      while (matched < 4) {
        int octet = in.read();
        if (octet < 0) {
          throw new EOFException("closed after '" + head.toString(StandardCharsets.UTF_8) + "'");
        }
        head.write(octet);
        boolean next = octet == (matched % 2 == 0 ? '\r' : '\n');
        matched = next ? matched + 1 : octet == '\r' ? 1 : 0;
      }
      String text = head.toString(StandardCharsets.ISO_8859_1);
      return text.substring(0, text.length() - 4);
    }
  }
}
