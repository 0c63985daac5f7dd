package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.probe.Probe;
import dev.bellows.dataplane.probe.ProbeResult;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExecResult;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Does what a probe or a lifecycle hook says: {@code httpGet}, {@code tcpSocket}, {@code grpc},
 * {@code exec} or {@code sleep}. HTTP requests are written by hand on a plain socket: a probe needs
 * a status line, and a new pod is probed every few milliseconds.
 */
final class Handler {
  /** Of an answer no more than this is read; the kubelet reads as much. */
  private static final int MAX_HEAD_BYTES = 10 * 1024;

  private final JsonNode container;
  private final Container running;
  private final Ports ports;
  private final Prober prober;

  /** Where a pod's declared ports are dialled. */
  interface Ports {
    Address dial(int declaredPort);
  }

  /**
   * Success or failure.
   *
   * @param message what failed; empty on success
   */
  record Result(boolean success, String message) {
    static final Result SUCCESS = new Result(true, "");

    static Result failure(String message) {
      return new Result(false, message);
    }
  }

  /**
   * Handlers of one container.
   *
   * @param container as the pod defines it
   * @param running its present start
   * @param prober asks by gRPC
   */
  Handler(JsonNode container, Container running, Ports ports, Prober prober) {
    this.prober = prober;
    this.container = container;
    this.running = running;
    this.ports = ports;
  }

  /** Whether {@link #run} knows what to do. */
  static boolean knows(JsonNode definition) {
    return definition.has("httpGet")
        || definition.has("tcpSocket")
        || definition.has("grpc")
        || definition.has("exec")
        || definition.has("sleep");
  }

  /** Runs a handler to its end, or until its time is up. */
  Result run(JsonNode definition, Duration limit) throws InterruptedException {
    if (definition.has("httpGet")) {
      return httpGet(definition.path("httpGet"), limit);
    }
    if (definition.has("tcpSocket")) {
      return tcpSocket(definition.path("tcpSocket"), limit);
    }
    if (definition.has("grpc")) {
      return grpc(definition.path("grpc"), limit);
    }
    if (definition.has("exec")) {
      return exec(definition.path("exec"), limit);
    }
    Duration sleep = Duration.ofSeconds(definition.path("sleep").path("seconds").asLong(0));
    Thread.sleep(sleep.compareTo(limit) < 0 ? sleep : limit);
    return Result.SUCCESS;
  }

  private Address address(JsonNode action) {
    int port = port(action.path("port"));
    String host = action.path("host").asText("");
    return host.isEmpty() ? ports.dial(port) : new Address(host, port);
  }

  private int port(JsonNode port) {
    if (port.isInt() || port.isLong()) {
      return port.asInt();
    }
    for (JsonNode each : container.path("ports")) {
      if (each.path("name").asText().equals(port.asText())) {
        return each.path("containerPort").asInt();
      }
    }
    try {
      return Integer.parseInt(port.asText());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("no port is named '" + port.asText() + "'", e);
    }
  }

  private Result httpGet(JsonNode action, Duration limit) {
    String path = action.path("path").asText("");
    Address address = address(action);
    boolean tls = action.path("scheme").asText("HTTP").equals("HTTPS");
    String target = path.startsWith("/") ? path : "/" + path;
    String url = (tls ? "https://" : "http://") + address + target;
    List<String> lines = new ArrayList<>();
    String host = address.toString();
    boolean agent = false;
    boolean accept = false;
    for (JsonNode header : action.path("httpHeaders")) {
      String name = header.path("name").asText();
      String value = header.path("value").asText();
      if (name.equalsIgnoreCase("Host")) {
        host = value;
      } else {
        agent |= name.equalsIgnoreCase("User-Agent");
        accept |= name.equalsIgnoreCase("Accept");
        lines.add(name + ": " + value);
      }
    }
    if (!agent) {
      lines.add("User-Agent: kube-probe/bellows");
    }
    if (!accept) {
      lines.add("Accept: */*");
    }
    String request =
        "GET "
            + target
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\n"
            + String.join("\r\n", lines)
            + "\r\nConnection: close\r\n\r\n";
    try (Socket socket = connect(address, limit, tls)) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      int status = status(socket.getInputStream());
      return status >= 200 && status < 400
          ? Result.SUCCESS
          : Result.failure("HTTP probe failed with statuscode: " + status);
    } catch (SocketTimeoutException e) {
      return Result.failure("Get \"" + url + "\": context deadline exceeded");
    } catch (IOException e) {
      return Result.failure("Get \"" + url + "\": dial tcp " + address + ": " + reason(e));
    }
  }

  private static int status(InputStream input) throws IOException {
    byte[] head = new byte[MAX_HEAD_BYTES];
    int length = 0;
    while (length < head.length) {
      int count = input.read(head, length, head.length - length);
      if (count < 0) {
        break;
      }
      for (int i = length; i < length + count; i++) {
        if (head[i] == '\n') {
          return status(new String(head, 0, i, StandardCharsets.ISO_8859_1).strip());
        }
      }
      length += count;
    }
    throw new IOException("EOF");
  }

  private static int status(String line) throws IOException {
    String[] words = line.split(" ", 3);
    if (words.length >= 2 && words[0].startsWith("HTTP/1.")) {
      try {
        return Integer.parseInt(words[1]);
      } catch (NumberFormatException e) {
        throw new IOException("malformed HTTP status code \"" + words[1] + "\"", e);
      }
    }
    throw new IOException("malformed HTTP response \"" + line + "\"");
  }

  private Result tcpSocket(JsonNode action, Duration limit) {
    Address address = address(action);
    try (Socket socket = connect(address, limit, false)) {
      assert socket.isConnected();
      return Result.SUCCESS;
    } catch (SocketTimeoutException e) {
      return Result.failure("dial tcp " + address + ": i/o timeout");
    } catch (IOException e) {
      return Result.failure("dial tcp " + address + ": " + reason(e));
    }
  }

  /** Its port is always a number, and on the pod. */
  private Result grpc(JsonNode action, Duration limit) throws InterruptedException {
    Probe question =
        new Probe.GrpcHealth(
            ports.dial(action.path("port").asInt()), action.path("service").asText(""));
    try {
      return switch (prober.ask(question, limit).toCompletableFuture().get()) {
        case ProbeResult.Failed failed ->
            Result.failure(
                "service unhealthy (" + question.address() + ": " + failed.reason() + ")");
        case ProbeResult.Connected _, ProbeResult.Answered _, ProbeResult.Serving _ ->
            Result.SUCCESS;
      };
    } catch (ExecutionException e) {
      throw new IllegalStateException("a prober never fails, it answers", e);
    }
  }

  private Result exec(JsonNode action, Duration limit) {
    List<String> command = new ArrayList<>();
    action.path("command").forEach(word -> command.add(word.asText()));
    try {
      ExecResult result = running.exec(command, limit);
      if (result.exit().isEmpty()) {
        return Result.failure(
            "command timed out: \""
                + String.join(" ", command)
                + "\" timed out after "
                + limit.toSeconds()
                + "s");
      }
      return result.exit().get().code() == 0
          ? Result.SUCCESS
          : Result.failure(result.output().strip());
    } catch (ContainerStartException e) {
      return Result.failure(String.valueOf(e.getMessage()));
    }
  }

  private static Socket connect(Address address, Duration limit, boolean tls) throws IOException {
    int millis = Math.toIntExact(Math.max(1, limit.toMillis()));
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(address.ip(), address.port()), millis);
      socket.setSoTimeout(millis);
      return tls
          ? trusting().getSocketFactory().createSocket(socket, address.ip(), address.port(), true)
          : socket;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static String reason(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.equals("Connection refused") ? "connect: connection refused" : message;
  }

  /** A probe asks whether the program answers, not who it is; the kubelet trusts anyone too. */
  private static SSLContext trusting() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new TrustAnyone()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has TLS", e);
    }
  }

  private static final class TrustAnyone extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
