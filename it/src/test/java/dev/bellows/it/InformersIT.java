package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.knative.client.KnativeClient;
import io.fabric8.knative.serving.v1.Service;
import io.fabric8.knative.serving.v1.ServiceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whoever follows Knative Services sees them right, though the API is killed and started again:
 * fabric8's Knative client, and an informer of client-go on Knative's own Go client.
 */
@BesideOthers
class InformersIT {
  /** {@code -Drestarts=100} for hours of it. */
  private static final int RESTARTS = Integer.getInteger("restarts", 2);

  private static final String HELLO = "dev.local/helloworld";

  @TempDir Path directory;

  /** What somebody believes there is: whether each Service, by name, is Ready. */
  @FunctionalInterface
  private interface Belief {
    Map<String, Boolean> now();
  }

  @Test
  void fabric8SeesTheServicesAcrossKills() throws Exception {
    int port = freePort();
    BellowsProcess bellows = start(port);
    try (KnativeClient client = knative(bellows);
        SharedIndexInformer<Service> informer = client.services().inAnyNamespace().inform()) {
      bellows =
          acrossKills(
              bellows,
              port,
              () -> {
                Map<String, Boolean> ready = new HashMap<>();
                for (Service each : informer.getStore().list()) {
                  ready.put(each.getMetadata().getName(), isReady(each));
                }
                return ready;
              });
      // Its model holds all that it is sent, and what it writes is taken as it means it.
      Service read = client.services().inNamespace("default").withName("kept-0").get();
      assertThat(read.getStatus().getLatestReadyRevisionName()).isEqualTo("kept-0-00001");
      assertThat(read.getStatus().getTraffic())
          .singleElement()
          .satisfies(target -> {
            assertThat(target.getPercent()).isEqualTo(100);
            assertThat(target.getLatestRevision()).isTrue();
          });
      client
          .services()
          .resource(
              new ServiceBuilder(read)
                  .editSpec()
                  .editTemplate()
                  .editOrNewMetadata()
                  .addToLabels("by", "fabric8")
                  .endMetadata()
                  .endTemplate()
                  .endSpec()
                  .build())
          .update();
      within()
          .untilAsserted(() -> {
            Service now = client.services().inNamespace("default").withName("kept-0").get();
            assertThat(now.getStatus().getLatestReadyRevisionName()).isEqualTo("kept-0-00002");
            assertThat(isReady(now)).isTrue();
          });
      assertThat(
              client
                  .revisions()
                  .inNamespace("default")
                  .withName("kept-0-00002")
                  .get()
                  .getMetadata()
                  .getLabels())
          .containsEntry("by", "fabric8");
    } finally {
      bellows.close();
    }
  }

  @Test
  void clientGoSeesTheServicesAcrossKills() throws Exception {
    Path program = KnTools.require("informer");
    int port = freePort();
    BellowsProcess bellows = start(port);
    Process informer =
        Command.of(program.toString()).with("KUBECONFIG", bellows.kubeconfig().toString()).start();
    Map<String, Boolean> told = new ConcurrentHashMap<>();
    Thread reader = Thread.ofVirtual().start(() -> read(informer.inputReader(), told));
    try {
      bellows = acrossKills(bellows, port, () -> Map.copyOf(told));
      informer.getOutputStream().close(); // it ends by itself
      assertThat(informer.waitFor()).isZero();
      reader.join();
    } finally {
      informer.destroyForcibly();
      bellows.close();
    }
  }

  /** Lines such as "has hello ready=true" and "lost hello ready=true"; the rest is its log. */
  private static void read(BufferedReader lines, Map<String, Boolean> told) {
    lines
        .lines()
        .map(line -> line.split(" "))
        .filter(words -> words.length == 3 && words[2].startsWith("ready="))
        .forEach(words -> {
          switch (words[0]) {
            case "has" -> told.put(words[1], words[2].endsWith("true"));
            case "lost" -> told.remove(words[1]);
            default -> {}
          }
        });
  }

  /** Makes and deletes Services around kills; each time the belief becomes what there is. */
  private BellowsProcess acrossKills(BellowsProcess first, int port, Belief belief)
      throws Exception {
    BellowsProcess bellows = first;
    for (int round = 0; round <= RESTARTS; round++) {
      if (round > 0) {
        bellows.kill();
        bellows = start(port);
      }
      BellowsProcess now = bellows;
      try (Serving serving = new Serving(now)) {
        serving.createService("kept-" + round, HELLO);
        serving.createService("passing-" + round, HELLO);
        becomes(serving, belief);
        serving.delete(dev.bellows.api.serving.Service.class, "passing-" + round);
        becomes(serving, belief);
        assertThat(belief.now()).hasSize(round + 1).containsKey("kept-" + round);
      }
    }
    return bellows;
  }

  /** Returns once all are Ready, and are believed to be. */
  private static void becomes(Serving serving, Belief belief) {
    within()
        .untilAsserted(() -> {
          Map<String, Boolean> there = new HashMap<>();
          serving
              .client()
              .resources(dev.bellows.api.serving.Service.class)
              .inNamespace("default")
              .list()
              .getItems()
              .forEach(each ->
                  there.put(
                      each.getMetadata().getName(),
                      each.getStatus() != null && each.getStatus().isTrue("Ready")));
          assertThat(there).doesNotContainValue(false);
          assertThat(belief.now()).isEqualTo(there);
        });
  }

  private BellowsProcess start(int port) throws IOException {
    return BellowsProcess.start(directory.resolve("data"), "--api-port", Integer.toString(port));
  }

  private static KnativeClient knative(BellowsProcess bellows) throws IOException {
    Config config = Config.fromKubeconfig(Files.readString(bellows.kubeconfig()));
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(config).withRequestTimeout(60_000).build())
        .build()
        .adapt(KnativeClient.class);
  }

  private static boolean isReady(Service service) {
    return service.getStatus() != null
        && Objects.requireNonNullElse(
                service.getStatus().getConditions(),
                List.<io.fabric8.knative.pkg.apis.Condition>of())
            .stream()
            .anyMatch(each -> each.getType().equals("Ready") && each.getStatus().equals("True"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static ConditionFactory within() {
    return Awaitility.await().atMost(Duration.ofSeconds(150));
  }
}
