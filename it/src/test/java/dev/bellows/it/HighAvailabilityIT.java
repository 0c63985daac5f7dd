package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The overlay {@code high-availability}, as pods of one node. Nine processes beside a control plane
 * are too many for every build: it is run with {@code -Dhigh-availability=true}.
 */
@BesideOthers
@ResourceLock(JoinedNodeProcess.NETWORK)
class HighAvailabilityIT {
  private static final Duration PATIENCE = Duration.ofMinutes(8);
  private static final String HOST = "autoscale.default.example.com";
  private static final int OF_EACH = 3;
  private static final Pattern OF_THREE = Pattern.compile(".*0[0-2]-of-03");

  @TempDir Path directory;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** No test at all unless it is asked for. */
  @TestFactory
  Stream<DynamicTest> onRequest() {
    return Boolean.getBoolean("high-availability")
        ? Stream.of(
            DynamicTest.dynamicTest(
                "three of each part go on without the control plane that leads",
                this::threeOfEachGoOnWithoutTheOneThatLeads))
        : Stream.empty();
  }

  private void threeOfEachGoOnWithoutTheOneThatLeads() throws Exception {
    try (InstalledSystem system = InstalledSystem.start(directory)) {
      try {
        kubectl(system, "apply", "-k", Overlay.HIGH_AVAILABILITY.path());
        // There is no metrics-server here, so that the HorizontalPodAutoscaler cannot act.
        kubectl(
            system,
            "scale",
            "deployment/activator",
            "--replicas=" + OF_EACH,
            "--namespace=knative-serving");
        awaitAllAvailable(system);
        Map<String, String> holders = awaitHolders(system);
        System.out.printf(
            "%d Leases are held by %s%n", holders.size(), new TreeSet<>(holders.values()));

        kubectl(system, "apply", "-f", "examples/autoscale.yaml");
        awaitAnswer(system);

        String owner = holders.get("autoscaler-bucket-00-of-03");
        kubectl(
            system,
            "delete",
            "pod",
            owner,
            "--namespace=knative-serving",
            "--grace-period=0",
            "--force");
        await()
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(holders(system).values()).doesNotContain(owner, ""));
        kubectl(system, "annotate", "ksvc/autoscale", "example.com/after=it");
        awaitAllAvailable(system);
        awaitAnswer(system);
      } catch (Exception | AssertionError e) {
        System.out.println(
            system.kubectl("get", "pods,leases,events", "-n", "knative-serving").output());
        throw e;
      }
    }
  }

  private static void awaitAllAvailable(InstalledSystem system) {
    for (String part : List.of("control-plane", "activator", "gateway")) {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(1))
          .untilAsserted(() ->
              assertThat(
                      kubectl(
                          system,
                          "get",
                          "deployment",
                          part,
                          "--namespace=knative-serving",
                          "--output=jsonpath={.status.availableReplicas}"))
                  .as("available of %s", part)
                  .isEqualTo("" + OF_EACH));
    }
  }

  /** The pod that holds it, by Lease, once somebody holds each. */
  private static Map<String, String> awaitHolders(InstalledSystem system) {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> holders(system),
            holders ->
                holders.containsKey("autoscaler-bucket-00-of-03")
                    && !holders.containsValue("")
                    && holders.size() % OF_EACH == 0);
  }

  private static Map<String, String> holders(InstalledSystem system) {
    Map<String, String> holders = new TreeMap<>();
    kubectl(
            system,
            "get",
            "leases",
            "--namespace=knative-serving",
            "--output=jsonpath={range .items[*]}{.metadata.name} {.spec.holderIdentity}{\"\\n\"}")
        .lines()
        .map(line -> line.split(" ", -1))
        .filter(words -> OF_THREE.matcher(words[0]).matches())
        .forEach(words -> holders.put(words[0], words[1].replaceFirst("_.*", "")));
    return holders;
  }

  private void awaitAnswer(InstalledSystem system) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> {
          try {
            return system.request(client, HOST, "/").statusCode() == 200;
          } catch (IOException e) {
            return false;
          }
        });
  }

  private static String kubectl(InstalledSystem system, String... arguments) {
    return system.kubectl(arguments).succeeded().output();
  }
}
