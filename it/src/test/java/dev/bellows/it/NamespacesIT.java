package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods with networks of their own, as root has them. */
class NamespacesIT {
  private static final Path PROGRAM = Path.of("src/test/programs/fixed_port.py").toAbsolutePath();
  private static final String[] NAMESPACES = {"--network", "namespaces"};
  private static final int BURST = 200;

  @TempDir Path directory;

  @BeforeAll
  static void needsRoot() {
    Command.requireRoot();
    Command.require("python3");
    Command.require("ip");
    Command.require("iptables");
  }

  @Test
  void programsListenWhereTheyLikeAndFindEachOtherByName() throws Exception {
    List<String> devices = devices();
    try (BellowsProcess bellows = BellowsProcess.start(directory.resolve("data"), NAMESPACES)) {
      bellows
          .bellows("image", "add", "test.local/fixed", "--", "python3", PROGRAM.toString())
          .succeeded();
      Service one = Service.of("one", "test.local/fixed", "min-scale: \"2\"");
      Service two = Service.of("two", "test.local/fixed", "min-scale: \"1\"");
      Service zero = Service.of("zero", "dev.local/helloworld", "window: \"6s\"");
      for (Service service : List.of(one, two, zero)) {
        service.apply(bellows, directory).succeeded();
      }
      for (Service service : List.of(one, two, zero)) {
        bellows.bellows("wait", "ksvc/" + service.name()).succeeded();
        assertThat(bellows.request(service.host(), "/").statusCode()).isEqualTo(200);
      }
      assertThat(annotations(bellows)).doesNotContain("bellows.dev/ports");
      zero.awaitNoPods(bellows);

      assertThat(call(bellows, one, "http://zero.default.svc.cluster.local/")).contains("Hello");
      assertThat(call(bellows, one, "http://two.default/")).isEqualTo("fixed");
      assertThat(fromHere(bellows)).isEqualTo("fixed");
      assertThat(burst(bellows, one)).containsOnly(200).hasSize(BURST);
      assertThat(callThisMachine(bellows, one)).isEqualTo("of this machine");
    }
    // What was there before may have gone meanwhile; nothing may have come.
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .untilAsserted(() -> assertThat(devices).containsAll(devices()));
  }

  @Test
  void afterAKillNothingOfItIsLeftAndItsNeighbourGoesOn() throws Exception {
    List<String> devices = devices();
    Service service = Service.of("one", "dev.local/helloworld", "min-scale: \"1\"");
    try (BellowsProcess neighbour =
        BellowsProcess.start(directory.resolve("neighbour"), NAMESPACES)) {
      service.applyAndAwaitReady(neighbour, directory);
      Path data = directory.resolve("data");
      try (BellowsProcess bellows = BellowsProcess.start(data, NAMESPACES)) {
        service.applyAndAwaitReady(bellows, directory);
        assertThat(devices()).hasSize(devices.size() + 2);
        bellows.kill();
      }
      try (BellowsProcess again = BellowsProcess.start(data, NAMESPACES)) {
        assertThat(devices()).hasSize(devices.size() + 2);
        Awaitility.await()
            .atMost(30, TimeUnit.SECONDS)
            .untilAsserted(
                () -> assertThat(again.request(service.host(), "/").statusCode()).isEqualTo(200));
        assertThat(neighbour.request(service.host(), "/").statusCode()).isEqualTo(200);
        again.kill();
      }
      Awaitility.await()
          .atMost(10, TimeUnit.SECONDS)
          .untilAsserted(() -> assertThat(devices()).hasSize(devices.size() + 1));
    }
  }

  private static String annotations(BellowsProcess bellows) {
    return bellows
        .kubectl("get", "pods", "-o", "jsonpath={.items[*].metadata.annotations}")
        .succeeded()
        .output();
  }

  /** What a program of a service is answered at a URL. */
  private static String call(BellowsProcess bellows, Service service, String url)
      throws IOException, InterruptedException {
    return bellows.request(service.host(), "/call?" + url).body();
  }

  /** The gateway's own Service, dialled at its address from outside of any pod. */
  private static String fromHere(BellowsProcess bellows) throws Exception {
    String ip =
        bellows
            .kubectl(
                "get",
                "service",
                "gateway",
                "-n",
                "knative-serving",
                "-o",
                "jsonpath={.spec.clusterIP}")
            .succeeded()
            .output();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://" + ip + "/"))
                  .header("Host", "two.default.svc.cluster.local")
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  /** A program's way to other machines, tried at this one's own address. */
  private static String callThisMachine(BellowsProcess bellows, Service service) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] answer = "of this machine".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    try {
      return call(
          bellows,
          service,
          "http://" + machineAddress().getHostAddress() + ":" + server.getAddress().getPort());
    } finally {
      server.stop(0);
    }
  }

  /** One that is not loopback and none of ours. */
  private static InetAddress machineAddress() throws IOException {
    return NetworkInterface.networkInterfaces()
        .filter(device -> !device.getName().startsWith("bellows"))
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .findFirst()
        .orElseThrow(() -> new AssertionError("this machine has no network to try"));
  }

  private static List<Integer> burst(BellowsProcess bellows, Service service) throws Exception {
    List<Future<Integer>> answers = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(50)) {
      for (int i = 0; i < BURST; i++) {
        answers.add(clients.submit(() -> bellows.request(service.host(), "/").statusCode()));
      }
    }
    return answers.stream().map(Future::resultNow).toList();
  }

  private static List<String> devices() {
    return Command.of("ip", "-o", "link")
        .run()
        .succeeded()
        .output()
        .lines()
        .filter(line -> line.contains("bellows"))
        .map(line -> line.split(":", 3)[1].strip())
        .toList();
  }
}
