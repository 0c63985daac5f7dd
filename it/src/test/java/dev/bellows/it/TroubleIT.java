package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.ServerlessService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * What clusters do to the parts, one after the other on one real control plane: leaders and owners
 * die, the API goes away, watches break, objects are edited by hand; the clocks of every two parts
 * of a kind are 30 s apart. All the while a service whose pods answer by themselves is asked, and
 * every answer must come; and one that another control plane has made keeps its pods.
 */
@BesideOthers
@ResourceLock(JoinedNodeProcess.NETWORK)
class TroubleIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** {@code -Dtrouble.outage=30} is the long form. */
  private static final Duration OUTAGE =
      Duration.ofSeconds(Integer.getInteger("trouble.outage", 10));

  /** Long enough to tell a scale that is kept from one that is about to go. */
  private static final Duration WATCHED = Duration.ofSeconds(6);

  private static final String BUCKET = "autoscaler-bucket-00-of-01";

  /** Answers without an activator, by one pod. */
  private static final String STEADY = "steady";

  /** Has a pod for some time after its last request. */
  private static final String QUIET = "quiet";

  /** Has none between two requests. */
  private static final String IDLE = "idle";

  @TempDir Path directory;
  private RealSystem system;
  private @Nullable ExistingServing existing;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

  @Test
  void noRequestIsLostThatCouldBeSavedAndEverythingConverges() throws Exception {
    Command.require("kubectl");
    try (RealSystem started = RealSystem.start(directory, this::aServiceIsThereAlready)) {
      system = started;
      try {
        told("a Service of another control plane is adopted", this::theExistingServiceIsAdopted);
        troubles();
        told("it is handed back", this::theExistingServiceIsHandedBack);
      } catch (AssertionError | ConditionTimeoutException e) {
        tell();
        throw e;
      }
    } finally {
      clients.shutdownNow();
    }
  }

  private void troubles() throws Exception {
    apply(STEADY, "min-scale: \"1\"", "max-scale: \"1\"", "target-burst-capacity: \"0\"");
    apply(QUIET, "max-scale: \"1\"", "window: 20s");
    apply(IDLE, "max-scale: \"1\"");
    for (String name : List.of(STEADY, QUIET, IDLE)) {
      awaitReady(name);
    }
    Queue<String> failures;
    try (OpenLoad steady = OpenLoad.start(system.gateway(), host(STEADY), 10)) {
      failures = steady.failures();
      told("an owner is killed", this::anOwnerThatIsKilledTakesNoPodAlong);
      told("an owner leaves", this::anOwnerThatLeavesHandsItsWindowsOver);
      told("a leader is killed", this::anotherReconcilesWhenTheLeaderIsKilled);
      told("watches break", this::brokenWatchesAreResumed);
      told("etcd and the API server are away", this::aRequestIsHeldWhileTheApiIsAway);
      told("the activator is killed", this::anActivatorThatIsKilledIsOutOfThePath);
      told("objects are edited by hand", this::whatAHandChangedIsPutRight);
    }
    assertThat(failures).as("requests to a service whose pod was there").isEmpty();
    awaitReplicas(QUIET, 0);
    awaitReplicas(IDLE, 0);
    assertThat(replicas(STEADY)).isEqualTo(1);
  }

  private void aServiceIsThereAlready(RealSystem installed) throws IOException {
    installed.setClocksApart();
    existing = ExistingServing.putInto(installed, directory);
  }

  private void theExistingServiceIsAdopted() {
    existing().isAdopted();
    await().atMost(PATIENCE).until(() -> ask("hello", "/cgi-bin/ids?id=70000").statusCode() == 200);
  }

  private void theExistingServiceIsHandedBack() throws Exception {
    for (String part :
        List.of("control-plane-0", "control-plane-1", "autoscaler-0", "autoscaler-1")) {
      system.terminate(part);
    }
    existing().isAsItWas();
    assertThat(ask("hello", "/cgi-bin/ids?id=70001").statusCode()).isEqualTo(200);
  }

  private ExistingServing existing() {
    return Objects.requireNonNull(existing);
  }

  private interface Trouble {
    void happens() throws Exception;
  }

  private static void told(String what, Trouble trouble) throws Exception {
    long began = System.nanoTime();
    trouble.happens();
    System.out.printf(
        "TroubleIT: %s: withstood (%d s)%n", what, (System.nanoTime() - began) / 1_000_000_000);
  }

  private void anOwnerThatIsKilledTakesNoPodAlong() throws Exception {
    // As long as it takes to have been Active for a window: then only its load keeps its pod.
    ask(QUIET, Duration.ofSeconds(22));
    String owner = system.awaitHolder(BUCKET);
    system.kill(owner);
    await().atMost(PATIENCE).until(() -> isAnother(system.holder(BUCKET), owner));
    staysDesired(QUIET);
    system.run(owner);
  }

  private void anOwnerThatLeavesHandsItsWindowsOver() throws Exception {
    ask(QUIET, Duration.ofSeconds(5));
    String owner = system.awaitHolder(BUCKET);
    system.terminate(owner);
    await().atMost(PATIENCE).until(() -> isAnother(system.holder(BUCKET), owner));
    staysDesired(QUIET);
    assertThat(Files.readString(directory.resolve(system.holder(BUCKET) + ".err")))
        .as("what was left could be read")
        .doesNotContain("unreadable");
    system.run(owner);
  }

  private void anotherReconcilesWhenTheLeaderIsKilled() throws Exception {
    String lease = "controller.knative.dev.serving.pkg.reconciler.service.reconciler.00-of-01";
    String leader = system.awaitHolder(lease);
    system.kill(leader);
    apply("later", "max-scale: \"1\"");
    awaitReady("later");
    assertThat(system.holder(lease)).isNotEqualTo(leader);
    system.run(leader);
  }

  private void brokenWatchesAreResumed() throws Exception {
    awaitReplicas(IDLE, 0);
    assertThat(system.api().cut()).as("connections that were cut").isGreaterThan(10);
    assertThat(ask(IDLE, "/").statusCode()).isEqualTo(200);
  }

  private void aRequestIsHeldWhileTheApiIsAway() throws Exception {
    awaitReplicas(IDLE, 0);
    system.cluster().stop("kube-apiserver");
    system.cluster().stop("etcd");
    CompletableFuture<String> held =
        CompletableFuture.supplyAsync(() -> outcome(IDLE, Duration.ofMinutes(3)), clients);
    await().during(OUTAGE).atMost(OUTAGE.plus(PATIENCE)).until(() -> !held.isDone());
    system.cluster().start("etcd");
    system.cluster().start("kube-apiserver");
    system.cluster().awaitReady();
    assertThat(held.join()).as("the request that was held").isEqualTo("200");
    apply("after", "max-scale: \"1\"");
    awaitReady("after");
  }

  private void anActivatorThatIsKilledIsOutOfThePath() throws Exception {
    awaitReplicas(IDLE, 0);
    system.kill("activator-0");
    system.run("activator-0");
    await().atMost(PATIENCE).until(() -> ask(IDLE, "/").statusCode() == 200);
  }

  private void whatAHandChangedIsPutRight() throws Exception {
    String revision = revision("later");
    Deployment deployment = deployment("later");
    system
        .client()
        .resource(deployment)
        .edit(found -> {
          found
              .getSpec()
              .getTemplate()
              .getSpec()
              .getContainers()
              .getFirst()
              .setImage("dev.local/x");
          // As it was wished is what its hash says, and nothing else is compared.
          found.getMetadata().getLabels().remove("serving.knative.dev/deployment-hash");
          return found;
        });
    for (Class<? extends HasMetadata> kind :
        List.of(ServerlessService.class, PodAutoscaler.class, KIngress.class)) {
      String name = kind == KIngress.class ? "later" : revision;
      system.client().resources(kind).inNamespace("default").withName(name).delete();
    }
    system.client().services().inNamespace("default").withName(revision).delete();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(deployment("later").getSpec().getTemplate())
              .isEqualTo(deployment.getSpec().getTemplate());
          assertThat(ask("later", "/").statusCode()).isEqualTo(200);
        });
    awaitReady("later");
    awaitReplicas("later", 0);
  }

  // The words of these.

  private static boolean isAnother(String holder, String before) {
    return !holder.isEmpty() && !holder.equals(before);
  }

  private void ask(String name, Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      assertThat(ask(name, "/?sleep=200").statusCode()).isEqualTo(200);
    }
    assertThat(desired(name)).isEqualTo(1);
  }

  private void staysDesired(String name) {
    await()
        .during(WATCHED)
        .atMost(WATCHED.plus(PATIENCE))
        .untilAsserted(() -> assertThat(desired(name)).as("pods of %s", name).isEqualTo(1));
  }

  private void apply(String name, String... annotations) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve(name + ".yaml"), RealSystem.manifest(name, annotations));
    system.kubectl("apply", "-f", file.toString()).succeeded();
  }

  private void awaitReady(String name) {
    system.kubectl("wait", "--for=condition=Ready", "ksvc/" + name, "--timeout=120s").succeeded();
  }

  private static String host(String name) {
    return name + ".default.example.com";
  }

  private static String revision(String name) {
    return name + "-00001";
  }

  private HttpResponse<String> ask(String name, String path)
      throws IOException, InterruptedException {
    return system.request(http, host(name), path);
  }

  /** The status of the answer, or why there is none. */
  private String outcome(String name, Duration limit) {
    try {
      return ""
          + http.send(
                  HttpRequest.newBuilder(system.gateway())
                      .header("Host", host(name))
                      .timeout(limit)
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .statusCode();
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return e.toString();
    }
  }

  private Deployment deployment(String name) {
    return Objects.requireNonNull(
        system
            .client()
            .apps()
            .deployments()
            .inNamespace("default")
            .withName(revision(name) + "-deployment")
            .get());
  }

  private int replicas(String name) {
    return deployment(name).getSpec().getReplicas();
  }

  private void awaitReplicas(String name, int wanted) {
    Supplier<Integer> seen = () -> replicas(name);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(() -> assertThat(seen.get()).as("pods of %s", name).isEqualTo(wanted));
  }

  private int desired(String name) {
    PodAutoscaler found =
        system
            .client()
            .resources(PodAutoscaler.class)
            .inNamespace("default")
            .withName(revision(name))
            .get();
    return Objects.requireNonNull(Objects.requireNonNull(found.getStatus()).desiredScale());
  }

  /** What stands in the cluster, for whoever reads of a failure. */
  private void tell() throws IOException {
    System.out.println(
        system
            .kubectl("get", "ksvc,rev,kpa,sks,king,deploy,pods,ep,nodes,events", "-o", "wide")
            .output());
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".err")).toList()) {
        System.out.println(file + ":\n" + Files.readString(file));
      }
    }
  }
}
