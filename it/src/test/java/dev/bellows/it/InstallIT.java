package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * What {@code deploy/} installs on a real control plane, by the commands that README names. The
 * cases follow each other on one cluster, since to set it up takes most of their time.
 */
@BesideOthers
@ResourceLock(JoinedNodeProcess.NETWORK)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class InstallIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  @TempDir static Path directory;
  private static InstalledSystem system;
  private static boolean installed;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeAll
  static void start() throws IOException {
    system = InstalledSystem.start(directory);
  }

  @AfterAll
  static void stop() throws IOException {
    if (system != null) {
      system.close();
    }
  }

  @Test
  @Order(1)
  void twoCommandsInstallItAndRunAService() throws Exception {
    telling(() -> {
      kubectl("apply", "-k", Overlay.GATEWAY.path());
      awaitThat("Available", "deployment", "--all", "--namespace=knative-serving");
      kubectl("apply", "-f", "examples/autoscale.yaml");
      awaitThat("Ready", "ksvc/autoscale");
      assertThat(answer("autoscale.default.example.com")).isEqualTo(200);
      installed = true;
    });
  }

  @Test
  @Order(2)
  void appliedAgainNothingChanges() {
    assertThat(installed).isTrue();
    assertThat(kubectl("apply", "-k", Overlay.GATEWAY.path()).lines())
        .isNotEmpty()
        .allMatch(line -> line.endsWith(" unchanged") || line.endsWith(" configured"));
    assertThat(kubectl("diff", "-k", Overlay.GATEWAY.path())).isEmpty();
  }

  /** What was granted and not used so far is printed; a service alone does not need everything. */
  @Test
  @Order(3)
  void nothingThatTheAccountsAskedForWasDenied() throws IOException {
    assertThat(installed).isTrue();
    AuditedRights rights =
        new AuditedRights(Overlay.GATEWAY.objects(), system.cluster().auditLog());
    System.out.println("granted and not used: " + String.join("\n  ", rights.unused()));
    assertThat(rights.seen()).isPositive();
    assertThat(rights.denied()).isEmpty();
  }

  @Test
  @Order(4)
  void whileItIsAwayTheClusterGoesOn() {
    assertThat(installed).isTrue();
    kubectl("scale", "--namespace=knative-serving", "deployment", "--all", "--replicas=0");
    kubectl(
        "delete", "pods", "--namespace=knative-serving", "--all", "--grace-period=0", "--force");
    await()
        .atMost(PATIENCE)
        .until(
            () -> kubectl("get", "pods", "--namespace=knative-serving", "--output=name").isBlank());
    String refused =
        system
            .kubectl("annotate", "ksvc/autoscale", "--overwrite", "example.com/away=yes")
            .output();
    assertThat(refused).contains("failed calling webhook");

    kubectl("create", "namespace", "elsewhere");
    kubectl("create", "configmap", "elsewhere", "--from-literal=a=b", "--namespace=elsewhere");
    kubectl("create", "configmap", "ours", "--from-literal=a=b", "--namespace=knative-serving");
    kubectl(
        "create", "deployment", "plain", "--image=dev.local/helloworld", "--namespace=elsewhere");
    kubectl("rollout", "status", "deployment/plain", "--namespace=elsewhere", "--timeout=120s");
    kubectl("delete", "ksvc/autoscale", "--wait=false");
    kubectl("delete", "namespace", "elsewhere", "--timeout=120s");
  }

  private static void awaitThat(String condition, String... objects) {
    List<String> words =
        new ArrayList<>(List.of("wait", "--for=condition=" + condition, "--timeout=60s"));
    words.addAll(List.of(objects));
    await()
        .atMost(PATIENCE)
        .until(() -> system.kubectl(words.toArray(String[]::new)).exitCode() == 0);
  }

  private int answer(String host) {
    try {
      return system.request(client, host, "/").statusCode();
    } catch (IOException e) {
      throw new AssertionError("no answer for " + host, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static String kubectl(String... arguments) {
    return system.kubectl(arguments).succeeded().output();
  }

  private interface Steps {
    void run() throws IOException;
  }

  /** Tells what stands in the cluster when something fails. */
  private static void telling(Steps steps) throws IOException {
    try {
      steps.run();
    } catch (AssertionError | RuntimeException e) {
      tell();
      throw e;
    }
  }

  private static void tell() throws IOException {
    for (String what :
        List.of("pods,deploy,rs,ep,events", "ksvc,cfg,rev,rt,kpa,sks,king,hpa,kcert", "nodes")) {
      System.out.println(system.kubectl("get", what, "--all-namespaces", "--output=wide").output());
    }
    System.out.println(system.kubectl("get", "ksvc,rev,kpa", "--output=yaml").output());
    System.out.println(system.kubectl("describe", "pods", "--namespace=knative-serving").output());
    for (String part : List.of("control-plane", "activator", "gateway")) {
      String log =
          system.kubectl("logs", "--namespace=knative-serving", "deployment/" + part).output();
      System.out.println(part + ":\n" + log);
    }
    System.out.println(Files.readString(directory.resolve("node.err")));
  }
}
