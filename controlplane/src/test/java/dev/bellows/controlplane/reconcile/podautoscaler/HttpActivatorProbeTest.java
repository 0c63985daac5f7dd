package dev.bellows.controlplane.reconcile.podautoscaler;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.podautoscaler.ProbeAnswer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class HttpActivatorProbeTest {
  private final HttpActivatorProbe probe = new HttpActivatorProbe();
  private final ServerSocket server = listen();
  private final BlockingQueue<List<String>> questions = new LinkedBlockingQueue<>();
  private final BlockingQueue<IOException> cutOff = new LinkedBlockingQueue<>();

  private static ServerSocket listen() {
    try {
      return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new AssertionError("no free port", e);
    }
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private interface Answer {
    void to(OutputStream out) throws IOException, InterruptedException;
  }

  private void answering(Answer answer) {
    Thread.startVirtualThread(() -> {
      try (Socket socket = server.accept()) {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
        List<String> head = new ArrayList<>();
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
          head.add(line);
        }
        questions.add(head);
        answer.to(socket.getOutputStream());
      } catch (IOException closed) {
        cutOff.add(closed);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
  }

  private void answering(String status, String body) {
    String text =
        "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s".formatted(status, body.length(), body);
    answering(out -> out.write(text.getBytes(US_ASCII)));
  }

  private ProbeAnswer ask() {
    return probe.ask(URI.create("http://127.0.0.1:" + server.getLocalPort() + ProbeAddresses.PATH));
  }

  @Test
  void asksAsTheOriginalDoesAndKeepsNoConnection() {
    answering("200 OK", "activator");

    assertThat(ask()).isEqualTo(ProbeAnswer.ACTIVATOR);
    assertThat(questions.remove())
        .contains(
            "GET //healthz HTTP/1.1",
            "K-Network-Probe: activator",
            "User-Agent: Knative-Autoscaling-Probe",
            "Connection: close",
            "Host: 127.0.0.1:" + server.getLocalPort());
  }

  @Test
  void anotherBodyIsNoActivator() {
    answering("200 OK", "activators");
    assertThat(ask()).isEqualTo(ProbeAnswer.NO_ACTIVATOR);
    answering("200 OK", "queue");
    assertThat(ask()).isEqualTo(ProbeAnswer.NO_ACTIVATOR);
    assertThat(questions).hasSize(2);
  }

  @Test
  void anotherStatusIsNoActivator() {
    answering("503 Service Unavailable", "activator");
    assertThat(ask()).isEqualTo(ProbeAnswer.NO_ACTIVATOR);
  }

  @Test
  void aRedirectIsNoActivator() {
    answering(out ->
        out.write(
            "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII)));
    assertThat(ask()).isEqualTo(ProbeAnswer.NO_ACTIVATOR);
  }

  @Test
  void nobodyThereIsNoActivator() throws IOException {
    server.close();
    assertThat(ask()).isEqualTo(ProbeAnswer.NO_ACTIVATOR);
  }

  @Test
  void whoeverNeverAnswersIsNotWaitedFor() {
    assertThat(ask()).isEqualTo(ProbeAnswer.NO_ACTIVATOR);
  }

  @Test
  void whoeverDripsIsCutOff() throws InterruptedException {
    BlockingQueue<Integer> never = new LinkedBlockingQueue<>();
    answering(out -> {
      out.write("HTTP/1.1 200 OK\r\n".getBytes(US_ASCII));
      while (never.poll(20, TimeUnit.MILLISECONDS) == null) {
        out.write("X-Drip: 1\r\n".getBytes(US_ASCII));
      }
    });

    assertThat(ask()).isEqualTo(ProbeAnswer.NO_ACTIVATOR);
    assertThat(cutOff.poll(10, TimeUnit.SECONDS)).isNotNull();
  }
}
