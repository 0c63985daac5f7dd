package dev.bellows.images;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What both programs do: listen where PORT says, and end in order at SIGTERM. */
final class Program {
  private static final int DEFAULT_PORT = 8080;
  private static final long DRAIN_MILLIS = 10_000;
  private static final long DRAIN_POLL_MILLIS = 10;

  private Program() {}

  /**
   * Serves until the process is told to end.
   *
   * @param arguments {@code --check} ends the program as soon as it listens, on any port: this is
   *     how its class-data archive is made
   */
  static void run(String[] arguments, Map<String, String> environment, HttpListener.Handler handler)
      throws IOException, InterruptedException {
    boolean check = arguments.length == 1 && arguments[0].equals("--check");
    HttpListener listener = new HttpListener(check ? 0 : port(environment), handler);
    if (check) {
      exercise(listener);
      return;
    }
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> drain(listener)));
    System.out.println("listening on port " + listener.port());
    listener.serve();
  }

  private static int port(Map<String, String> environment) {
    String port = environment.getOrDefault("PORT", Integer.toString(DEFAULT_PORT));
    try {
      return Integer.parseInt(port);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("PORT must be a port, got '" + port + "'", e);
    }
  }

  /** One request to ourselves, so that the archive holds all classes that a request needs. */
  private static void exercise(HttpListener listener) throws IOException, InterruptedException {
    Thread server =
        Thread.ofPlatform()
            .start(() -> {
              try {
                listener.serve();
              } catch (IOException e) {
                System.err.println(e);
              }
            });
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      socket
          .getOutputStream()
          .write(
              "GET /?prime=10&sleep=1 HTTP/1.1\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      socket.getInputStream().readAllBytes();
    }
    listener.close();
    server.join();
  }

  private static void drain(HttpListener listener) {
    try {
      listener.close();
      long deadline = System.nanoTime() + DRAIN_MILLIS * 1_000_000;
      while (!listener.isIdle() && System.nanoTime() < deadline) {
        Thread.sleep(DRAIN_POLL_MILLIS);
      }
    } catch (IOException e) {
      System.err.println("while ending: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
