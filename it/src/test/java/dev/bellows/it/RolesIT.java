package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Control plane, autoscaler, activator and gateway as processes of their own, each with the rights
 * of its own account, beside an embedded cluster that runs none of them: they have nothing in
 * common but the Kubernetes API and Knative's wire protocols.
 */
class RolesIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String HOST = "autoscale.default.example.com";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What each is called in {@code config-logging}. */
  private static final Map<String, String> COMPONENTS =
      Map.of(
          "control-plane", "controller",
          "autoscaler", "autoscaler",
          "activator", "activator",
          "gateway", "gateway");

  @TempDir Path directory;

  @Test
  void aServiceIsScaledThroughFourProcessesEachOfWhichMayDie() throws Exception {
    Command.require("kubectl");
    try (SplitSystem system = SplitSystem.start(directory);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      system
          .bellows()
          .kubectlCommand("apply", "-f", "-")
          .reading(
              Service.of(
                      "autoscale", "dev.local/autoscale", "target: \"1\"", "initial-scale: \"0\"")
                  .manifest())
          .run()
          .succeeded();
      system
          .bellows()
          .kubectl("wait", "ksvc/autoscale", "--for=condition=Ready", "--timeout=60s")
          .succeeded();
      assertThat(pods(system)).isEmpty();
      assertThat(request(system, "?sleep=10").statusCode()).as("from zero").isEqualTo(200);

      List<CompletableFuture<Integer>> burst = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        burst.add(CompletableFuture.supplyAsync(() -> status(system, "?sleep=3000"), clients));
      }
      awaitAtLeast(system, 2);
      assertThat(burst.stream().map(CompletableFuture::join)).containsOnly(200);

      for (String role : List.of("activator", "autoscaler", "gateway")) {
        CompletableFuture<Integer> open =
            CompletableFuture.supplyAsync(() -> status(system, "?sleep=500"), clients);
        system.kill(role);
        system.run(role);
        int status = open.join();
        if (role.equals("autoscaler")) { // the others may be what carries the request
          assertThat(status).as("no request goes through an autoscaler").isEqualTo(200);
        }
        awaitAnswer(system);
      }

      logsFollowTheSettings(system);

      awaitPods(system, 0);
      assertThat(request(system, "?sleep=10").statusCode()).as("from zero again").isEqualTo(200);
      assertThat(
              system
                  .client()
                  .leases()
                  .inNamespace("knative-serving")
                  .withName("autoscaler-bucket-00-of-01")
                  .get()
                  .getSpec()
                  .getHolderIdentity())
          .startsWith("autoscaler-0_127.");
      assertThat(system.client().v1().events().inNamespace("default").list().getItems())
          .extracting(Event::getMessage)
          .as("each part's rights suffice")
          .noneMatch(message -> message.contains("forbidden"));
    }
  }

  /** One JSON object a line, of the level that is configured for the part, from now on. */
  private static void logsFollowTheSettings(SplitSystem system) throws IOException {
    for (Map.Entry<String, String> role : COMPONENTS.entrySet()) {
      assertThat(logged(system, role.getKey())).as(role.getKey()).doesNotContain("DEBUG");
      level(system, role.getValue(), "debug");
      Awaitility.await()
          .atMost(LIMIT)
          .untilAsserted(() -> {
            assertThat(status(system, "?sleep=1")).isEqualTo(200);
            assertThat(logged(system, role.getKey())).as(role.getKey()).contains("DEBUG");
          });
      level(system, role.getValue(), "info");
    }
    assertThat(logged(system, "autoscaler")).as("of decisions").contains("INFO");
  }

  private static void level(SplitSystem system, String component, String level) {
    system
        .client()
        .configMaps()
        .inNamespace("knative-serving")
        .withName("config-logging")
        .edit(map -> {
          Map<String, String> data =
              map.getData() == null ? new HashMap<>() : new HashMap<>(map.getData());
          data.put("loglevel." + component, level);
          map.setData(data);
          return map;
        });
  }

  /** The levels of a role's lines, each of which must be complete. */
  private static Set<String> logged(SplitSystem system, String role) throws IOException {
    Set<String> levels = new TreeSet<>();
    for (String text : system.log(role).lines().toList()) {
      JsonNode line = JSON.readTree(text);
      assertThat(line.fieldNames())
          .toIterable()
          .as(text)
          .contains("severity", "timestamp", "logger", "caller", "message", "knative.dev/pod");
      levels.add(line.path("severity").asText());
    }
    return levels;
  }

  private static HttpResponse<String> request(SplitSystem system, String query)
      throws IOException, InterruptedException {
    return system.bellows().request(HOST, "/" + query);
  }

  /** The answer's status; 0 if there was none. */
  private static int status(SplitSystem system, String query) {
    try {
      return request(system, query).statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  private static void awaitAnswer(SplitSystem system) {
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> status(system, "?sleep=1") == 200);
  }

  private static void awaitPods(SplitSystem system, int count) {
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(() -> assertThat(pods(system)).hasSize(count));
  }

  private static void awaitAtLeast(SplitSystem system, int count) {
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> assertThat(pods(system)).hasSizeGreaterThanOrEqualTo(count));
  }

  private static List<Pod> pods(SplitSystem system) {
    return system.client().pods().inNamespace("default").list().getItems();
  }
}
