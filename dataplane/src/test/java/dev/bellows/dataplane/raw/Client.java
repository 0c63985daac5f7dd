package dev.bellows.dataplane.raw;

import dev.bellows.core.route.Address;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A client that sends exactly the octets a test tells it, and reads a response as octets. */
public final class Client implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 10_000;

  public final Socket socket;
  public final InputStream in;

  public Client(Address to) throws IOException {
    socket = new Socket(to.ip(), to.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** A response as it came. */
  public record Response(String head, String body) {
    public int status() {
      return Integer.parseInt(head.substring(9, 12));
    }

    /** The value of a header, or an empty text. */
    public String header(String name) {
      for (String line : head.lines().toList()) {
        if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
          return line.substring(name.length() + 1).trim();
        }
      }
      return "";
    }
  }

  public Client send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
    return this;
  }

  public Client get(String path) throws IOException {
    return send("GET " + path + " HTTP/1.1\r\nHost: test.example\r\n\r\n");
  }

  /** Reads one response with its body, as its head delimits it. */
  public Response response() throws IOException {
    Response head = head();
    if (head.status() == 204 || head.status() == 304 || head.status() < 200) {
      return head;
    }
    if (head.header("transfer-encoding").equals("chunked")) {
      return new Response(head.head(), chunked());
    }
    String length = head.header("content-length");
    byte[] body = length.isEmpty() ? in.readAllBytes() : in.readNBytes(Integer.parseInt(length));
    return new Response(head.head(), new String(body, StandardCharsets.UTF_8));
  }

  public Response head() throws IOException {
    return new Response(Backend.Wire.head(in), "");
  }

  private String chunked() throws IOException {
    StringBuilder body = new StringBuilder();
    while (true) {
      int size = Integer.parseInt(line(), 16);
      if (size == 0) {
        for (String trailer = line(); !trailer.isEmpty(); trailer = line()) {
          body.append("[trailer ").append(trailer).append(']');
        }
        return body.toString();
      }
      body.append(new String(in.readNBytes(size), StandardCharsets.UTF_8));
      line();
    }
  }

  public String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int octet = in.read(); octet != '\n'; octet = in.read()) {
      if (octet < 0) {
        throw new java.io.EOFException("closed after '" + line + "'");
      }
      line.append((char) octet);
    }
    return line.substring(0, line.length() - 1);
  }

  /** Whether the other side has closed, after what was still to be read. */
  public boolean closed() throws IOException {
    try {
      return in.read() < 0;
    } catch (java.net.SocketException reset) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
