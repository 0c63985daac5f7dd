package dev.bellows.images;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * As much of an HTTP/1.1 server as the built-in images need: a virtual thread per connection,
 * keep-alive, request bodies read and dropped. It is written out because it is up in a few
 * milliseconds, and every cold start would pay for more.
 */
final class HttpListener implements Closeable {
  private static final int MAX_LINE_BYTES = 16 * 1024;
  private static final int MAX_HEADERS = 200;
  private static final int MAX_CONNECTIONS = 4096;
  private static final int IDLE_MILLIS = 120_000;

  private final ServerSocket server;
  private final Handler handler;
  private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Set<Socket> busy = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  /** Answers a request with text. */
  @FunctionalInterface
  interface Handler {
    String answer(Request request) throws InterruptedException;
  }

  HttpListener(int port, Handler handler) throws IOException {
    this.handler = handler;
    server = new ServerSocket();
    server.setReuseAddress(true);
    server.bind(new InetSocketAddress(port), 1024);
  }

  int port() {
    return server.getLocalPort();
  }

  /** Serves until {@link #close}. */
  void serve() throws IOException {
    while (!closing) {
      try {
        Socket socket = server.accept();
        if (!connections.tryAcquire()) {
          socket.close();
          continue;
        }
        open.add(socket);
        Thread.ofVirtual().start(() -> converse(socket));
      } catch (SocketException e) {
        if (!closing) {
          throw e;
        }
      }
    }
  }

  private void converse(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(IDLE_MILLIS);
      InputStream input = new BufferedInputStream(socket.getInputStream(), 4096);
      OutputStream output = socket.getOutputStream();
      while (!closing && exchange(socket, input, output)) {
        busy.remove(socket);
      }
    } catch (IOException | NumberFormatException e) {
      // The client is gone, or sends no HTTP: nobody is left to tell.
    } finally {
      busy.remove(socket);
      open.remove(socket);
      connections.release();
    }
  }

  /** One request and its answer; answers whether the connection may carry another. */
  private boolean exchange(Socket socket, InputStream input, OutputStream output)
      throws IOException {
    String start = line(input);
    if (start.isEmpty()) {
      return false;
    }
    busy.add(socket);
    String[] words = start.split(" ", -1);
    if (words.length != 3) {
      write(output, "400 Bad Request", "malformed request line\n", false, true);
      return false;
    }
    boolean keepAlive = words[2].equals("HTTP/1.1");
    long length = 0;
    boolean chunked = false;
    boolean expects = false;
    for (int count = 0; ; count++) {
      String header = line(input);
      if (header.isEmpty()) {
        break;
      }
      if (count == MAX_HEADERS) {
        write(output, "431 Request Header Fields Too Large", "too many headers\n", false, true);
        return false;
      }
      int colon = header.indexOf(':');
      String name = header.substring(0, Math.max(colon, 0)).toLowerCase(Locale.ROOT);
      String value = header.substring(colon + 1).strip();
      switch (name) {
        case "connection" -> keepAlive = !value.equalsIgnoreCase("close");
        case "content-length" -> length = Long.parseLong(value);
        case "transfer-encoding" -> chunked = value.equalsIgnoreCase("chunked");
        case "expect" -> expects = value.equalsIgnoreCase("100-continue");
        default -> {}
      }
    }
    if (expects) {
      output.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }
    if (chunked) {
      skipChunks(input);
    } else {
      input.skipNBytes(length);
    }
    return answer(words, output, keepAlive && !closing);
  }

  private boolean answer(String[] words, OutputStream output, boolean keepAlive)
      throws IOException {
    boolean withBody = !words[0].equals("HEAD");
    try {
      String text = handler.answer(Request.of(words[1]));
      write(output, "200 OK", text, keepAlive, withBody);
      return keepAlive;
    } catch (Request.BadRequest e) {
      write(output, "400 Bad Request", e.getMessage() + "\n", keepAlive, withBody);
      return keepAlive;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (RuntimeException | OutOfMemoryError e) {
      write(output, "500 Internal Server Error", e + "\n", false, withBody);
      return false;
    }
  }

  private static void write(
      OutputStream output, String status, String text, boolean keepAlive, boolean withBody)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    byte[] head =
        ("HTTP/1.1 "
                + status
                + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
                + body.length
                + (keepAlive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n"))
            .getBytes(StandardCharsets.US_ASCII);
    byte[] whole = new byte[head.length + (withBody ? body.length : 0)];
    System.arraycopy(head, 0, whole, 0, head.length);
    if (withBody) {
      System.arraycopy(body, 0, whole, head.length, body.length);
    }
    output.write(whole); // in one piece: one system call, one packet
  }

  private static void skipChunks(InputStream input) throws IOException {
    while (true) {
      String size = line(input);
      int semicolon = size.indexOf(';');
      long length =
          Long.parseLong((semicolon < 0 ? size : size.substring(0, semicolon)).strip(), 16);
      if (length == 0) {
        break;
      }
      input.skipNBytes(length);
      line(input);
    }
    while (!line(input).isEmpty()) {
      // trailers
    }
  }

  /** A line without its end; empty at the end of the connection, too. */
  private static String line(InputStream input) throws IOException {
    byte[] bytes = new byte[256];
    int length = 0;
    while (true) {
      int next = input.read();
      if (next < 0) {
        if (length > 0) {
          throw new EOFException("connection ends within a line");
        }
        return "";
      }
      if (next == '\n') {
        int end = length > 0 && bytes[length - 1] == '\r' ? length - 1 : length;
        return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
      }
      if (length == MAX_LINE_BYTES) {
        throw new IOException("a line is longer than " + MAX_LINE_BYTES + " bytes");
      }
      if (length == bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * length);
      }
      bytes[length++] = (byte) next;
    }
  }

  /** Takes no more connections, closes the idle ones; requests under way are answered. */
  @Override
  public void close() throws IOException {
    closing = true;
    server.close();
    for (Socket socket : open) {
      if (!busy.contains(socket)) {
        socket.close();
      }
    }
  }

  boolean isIdle() {
    return busy.isEmpty();
  }
}
