package dev.bellows.dataplane.fuzz;

import dev.bellows.core.route.Address;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A backend that believes what it is told: it reads each request by the one framing that its head
 * declares, writes it down when it is whole, and answers with what it wrote down. A head that could
 * be read in two ways is written down as such.
 */
final class Recorder implements AutoCloseable {
  /** Written down in place of a request that no proxy may send. */
  static final String AMBIGUOUS = "AMBIGUOUS ";

  private final ServerSocket server;
  private final List<String> whole = new ArrayList<>();
  private final List<Socket> open = new ArrayList<>();

  Recorder() throws IOException {
    server = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("recorder").start(this::accept);
  }

  Address address() {
    return new Address("127.0.0.1", server.getLocalPort());
  }

  /** What has been written down since the last call. */
  List<String> take() {
    synchronized (whole) {
      List<String> taken = List.copyOf(whole);
      whole.clear();
      return taken;
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        synchronized (open) {
          open.removeIf(Socket::isClosed);
          open.add(socket);
        }
        Thread.ofVirtual().name("recorder connection").start(() -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      for (Optional<String> next = read(in); next.isPresent(); next = read(in)) {
        String request = next.get();
        synchronized (whole) {
          whole.add(request);
        }
        boolean bodiless = request.startsWith("HEAD ");
        byte[] body = request.getBytes(StandardCharsets.ISO_8859_1);
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        answer.writeBytes(
            ("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        if (!bodiless) {
          answer.writeBytes(body);
        }
        socket.getOutputStream().write(answer.toByteArray());
        if (request.startsWith(AMBIGUOUS)) {
          return;
        }
      }
    } catch (SocketException gone) {
      // The proxy has closed.
    } catch (IOException e) {
      throw new IllegalStateException("recorder", e);
    }
  }

  /** Method, target and body of a whole request; empty at the end or in the midst of one. */
  private static Optional<String> read(InputStream in) throws IOException {
    List<String> head = new ArrayList<>();
    for (String line = line(in); ; line = line(in)) {
      if (line == null) {
        return Optional.empty();
      }
      if (line.isEmpty()) {
        break;
      }
      head.add(line);
    }
    List<String> lengths = new ArrayList<>();
    List<String> codings = new ArrayList<>();
    for (String field : head.subList(1, head.size())) {
      int colon = field.indexOf(':');
      String name = colon < 0 ? "" : field.substring(0, colon).toLowerCase(Locale.ROOT);
      if (colon <= 0 || !name.equals(name.strip()) || field.charAt(0) <= ' ') {
        return Optional.of(AMBIGUOUS + String.join("|", head));
      }
      switch (name) {
        case "content-length" -> lengths.add(field.substring(colon + 1).strip());
        case "transfer-encoding" -> codings.add(field.substring(colon + 1).strip());
        default -> {}
      }
    }
    String[] start = head.getFirst().split(" ", -1);
    boolean clear =
        start.length == 3
            && lengths.size() + codings.size() <= 1
            && lengths.stream().allMatch(each -> each.matches("[0-9]{1,9}"))
            && codings.stream().allMatch(each -> each.equalsIgnoreCase("chunked"));
    if (!clear) {
      return Optional.of(AMBIGUOUS + String.join("|", head));
    }
    byte[] body;
    if (!codings.isEmpty()) {
      Optional<byte[]> chunks = chunks(in);
      if (chunks.isEmpty()) {
        return Optional.empty();
      }
      body = chunks.get();
    } else {
      int length = lengths.isEmpty() ? 0 : Integer.parseInt(lengths.getFirst());
      body = in.readNBytes(length);
      if (body.length < length) {
        return Optional.empty();
      }
    }
    return Optional.of(
        start[0] + " " + start[1] + " [" + new String(body, StandardCharsets.ISO_8859_1) + "]");
  }

  private static Optional<byte[]> chunks(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      String size = line(in);
      if (size == null || !size.matches("[0-9a-fA-F]{1,7}")) {
        return Optional.empty();
      }
      int octets = Integer.parseInt(size, 16);
      if (octets == 0) {
        String trailer = line(in);
        while (trailer != null && !trailer.isEmpty()) {
          trailer = line(in);
        }
        return trailer == null ? Optional.empty() : Optional.of(body.toByteArray());
      }
      byte[] chunk = in.readNBytes(octets);
      String end = line(in);
      if (chunk.length < octets || end == null || !end.isEmpty()) {
        return Optional.empty();
      }
      body.writeBytes(chunk);
    }
  }

  /** A line without its CR LF, or null at the end. */
  private static @Nullable String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int octet = in.read(); octet != '\n'; octet = in.read()) {
      if (octet < 0) {
        return null;
      }
      line.write(octet);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text + "<LF>";
  }

  @Override
  public void close() throws IOException {
    server.close();
    synchronized (open) {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }
}
