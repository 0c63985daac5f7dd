package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.serving.Service;
import dev.bellows.it.programs.GrpcPing;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A rolling update and a scale-down under load, with WebSockets, event streams and gRPC calls open:
 * no request fails, what ends within its time ends by itself, and what lasts longer is told.
 */
class RollingUpdateIT {
  private static final String LASTING = "rolling.test/lasting";
  private static final String GRPC = "rolling.test/grpc-ping";
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration REQUEST = Duration.ofSeconds(2);

  /** {@code -Drolling.seconds=60} for a longer look. */
  private static final int SECONDS = Integer.getInteger("rolling.seconds", 4);

  private static final int PER_SECOND = Integer.getInteger("rolling.rps", 500);
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  /** Pods that the whole load asks for. */
  private static final int PODS = 4;

  @TempDir Path directory;

  @Test
  void nothingFailsAndWhatLastsTooLongIsTold() throws Exception {
    Command.require("python3");
    System.out.printf(
        "RollingUpdateIT: repeat with -Dseed=%d -Drolling.seconds=%d -Drolling.rps=%d%n",
        SEED, SECONDS, PER_SECOND);
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"));
        Serving serving = new Serving(bellows)) {
      serving.configure("config-autoscaler", "\"scale-to-zero-grace-period\":\"6s\"");
      serving.addProgram(LASTING, "lasting.py");
      serving.addProgram(GRPC, GrpcPing.class);
      long target = PER_SECOND * REQUEST.toSeconds() / PODS;
      create(serving, "lasting", LASTING, "", "target", String.valueOf(target));
      create(serving, "calls", GRPC, "ports: [{name: h2c, containerPort: 8080}]", "min-scale", "2");
      String host = Serving.host(serving.url("lasting"));
      ManagedChannel channel =
          Grpc.newChannelBuilder(
                  bellows.gateway().getAuthority(), InsecureChannelCredentials.create())
              .overrideAuthority(Serving.host(serving.url("calls")))
              .build();
      URI slow = bellows.gateway().resolve("/?sleep=" + REQUEST.toMillis());
      try (Conversations talks =
              Conversations.start(bellows.gateway(), host, channel, TIMEOUT, SEED);
          Socket direct = http2To(serving, "calls-00001");
          OpenLoad few = OpenLoad.start(slow, host, PER_SECOND / 10)) {
        try (OpenLoad many = OpenLoad.start(slow, host, PER_SECOND * 9 / 10)) {
          within().until(() -> serving.readyPods("lasting-00001") >= PODS - 1);
          lasts(many);

          update(serving, "lasting");
          update(serving, "calls");
          lasts(many);
          within().until(() -> noPods(serving, "lasting-00001"));
          within().until(() -> noPods(serving, "calls-00001"));
          assertThat(saysThatItGoesAway(direct)).isTrue();
          within().until(() -> serving.readyPods("lasting-00002") >= PODS - 1);
          many.end();
          report("rolling update", many, talks);
          assertThat(many.failures()).isEmpty();
        }
        within().until(() -> serving.readyPods("lasting-00002") <= PODS / 2);
        lasts(few);
        within().until(() -> talks.cut() > 0);
        talks.end();
        few.end();
        report("scale-down", few, talks);
        assertThat(few.failures()).isEmpty();
        assertThat(talks.failures()).isEmpty();
        assertThat(talks.ended()).isPositive();
      } finally {
        channel.shutdownNow();
      }
    }
  }

  private static void report(String what, OpenLoad load, Conversations talks) {
    System.out.printf(
        "RollingUpdateIT: %s: %d requests, %d failed; %d conversations in time, %d cut, %d"
            + " failed%n",
        what,
        load.sent(),
        load.failures().size(),
        talks.ended(),
        talks.cut(),
        talks.failures().size());
  }

  private static void create(
      Serving serving, String name, String image, String container, String... settings) {
    String manifest =
        Serving.serviceManifest(name, image, container)
            .replace("    spec:\n      containers", timed("    spec:\n", "      containers"));
    String[] all = new String[settings.length + 2];
    System.arraycopy(settings, 0, all, 2, settings.length);
    all[0] = "window";
    all[1] = "6s";
    serving.create(Serving.scaled(manifest, all));
    serving.awaitReady(name);
  }

  private static String timed(String before, String after) {
    return before + "      timeoutSeconds: " + TIMEOUT.toSeconds() + "\n" + after;
  }

  private static void update(Serving serving, String name) {
    serving.patch(
        Service.class,
        name,
        """
        {"spec":{"template":{"metadata":{"labels":{"version":"two"}}}}}
        """);
  }

  private static boolean noPods(Serving serving, String revision) {
    return serving
        .client()
        .pods()
        .inNamespace("default")
        .withLabel("serving.knative.dev/revision", revision)
        .list()
        .getItems()
        .isEmpty();
  }

  /** So many requests more as come in {@link #SECONDS}. */
  private static void lasts(OpenLoad load) {
    long enough = load.sent() + (long) SECONDS * PER_SECOND / 10;
    within().until(() -> load.sent() >= enough);
  }

  /** A connection to the queue-proxy of a pod, past the gateway. */
  private static Socket http2To(Serving serving, String revision) throws IOException {
    EndpointSubset subset =
        serving
            .client()
            .endpoints()
            .inNamespace("default")
            .withName(revision + "-private")
            .get()
            .getSubsets()
            .getFirst();
    int port =
        subset.getPorts().stream()
            .filter(each -> "http2".equals(each.getName()))
            .findFirst()
            .orElseThrow()
            .getPort();
    Socket socket = new Socket(subset.getAddresses().getFirst().getIp(), port);
    socket.setSoTimeout(Math.toIntExact(Duration.ofMinutes(2).toMillis()));
    // The preface, and a frame of settings without any.
    socket
        .getOutputStream()
        .write(
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
                .getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /** Whether a frame of GOAWAY comes before the end. */
  private static boolean saysThatItGoesAway(Socket socket) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    while (true) {
      int head = in.readInt(); // three octets of length, one of type
      in.skipNBytes(5L + (head >>> 8));
      if ((head & 0xff) == 7) {
        return true;
      }
    }
  }

  private static ConditionFactory within() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(200, TimeUnit.MILLISECONDS);
  }
}
