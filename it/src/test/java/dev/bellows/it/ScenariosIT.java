package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One list of scenarios, on every form of the whole system. Manifests say what a webhook would fill
 * in: the real control plane has none.
 */
@BesideOthers
@ResourceLock(JoinedNodeProcess.NETWORK)
class ScenariosIT {
  private static final int BURST = 200;
  private static final int SPLIT_REQUESTS = 100;
  private static final int CLIENTS_OF_THE_ROLLOUT = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final boolean RIGHTS_COMPARED =
      !System.getProperty("rights.compared", "true").equals("false");
  private static final String HOST = "ids.default.example.com";

  @TempDir Path directory;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * {@code -Dscenarios=} names others, or {@code all}. On a real control plane, what the accounts
   * may do is compared with what they did, after more and rarer cases; not so with {@code
   * -Drights.compared=false}.
   */
  static Stream<TestedSystem.Form> forms() {
    String named = System.getProperty("scenarios", "REAL_CONTROL_PLANE,UNPRIVILEGED");
    return named.equals("all")
        ? Stream.of(TestedSystem.Form.values())
        : Stream.of(named.split(",", -1)).map(TestedSystem.Form::valueOf);
  }

  @ParameterizedTest
  @MethodSource("forms")
  void theScenariosHoldOnEveryForm(TestedSystem.Form form) throws Exception {
    Command.require("kubectl");
    try (TestedSystem system = form.start(directory)) {
      try {
        scenarios(system);
        if (form == TestedSystem.Form.REAL_CONTROL_PLANE && RIGHTS_COMPARED) {
          new RarerCases(system, directory).hold("ids-00003");
          awaitReplicas(system, 0);
          system.checkRights();
        }
        System.out.println("the scenarios hold on " + form);
      } catch (AssertionError | ConditionTimeoutException e) {
        tell(system);
        throw e;
      }
    }
  }

  private void scenarios(TestedSystem system) throws Exception {
    apply(system, "ids", system.image(), "1");
    system.kubectl("wait", "--for=condition=Ready", "ksvc/ids", "--timeout=90s").succeeded();
    awaitReplicas(system, 0);
    tellVersions(system);
    aBurstAtZeroReachesTheProgramOnceAndIsAnswered(system);
    anUnknownImageIsTold(system);
    nothingIsLostUnderARollout(system);
    awaitReplicas(system, 0);
    aRequestAtZeroIsAnsweredByANewPod(system);
    requestsAreSharedAsTheSplitSays(system);
    othersGoOnWhenLeadersAreKilled(system);
    awaitReplicas(system, 0);
  }

  private static void tellVersions(TestedSystem system) {
    System.out.println(system.kubectl("version").succeeded().output());
    System.out.println(system.kubectl("get", "nodes", "-o", "wide").succeeded().output());
  }

  private void aRequestAtZeroIsAnsweredByANewPod(TestedSystem system) throws Exception {
    assertThat(replicas(system)).isZero();
    HttpResponse<String> answer = system.request(client, HOST, "/cgi-bin/ids?id=20000");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("20000");
  }

  private void requestsAreSharedAsTheSplitSays(TestedSystem system) throws Exception {
    split(system, 70);
    int first = 0;
    for (int i = 0; i < SPLIT_REQUESTS; i++) {
      HttpResponse<String> answer = system.request(client, HOST, "/cgi-bin/ids?id=" + (30_000 + i));
      assertThat(answer.statusCode()).isEqualTo(200);
      first += answer.headers().firstValue("X-Version").orElse("").equals("1") ? 1 : 0;
    }
    assertThat(first)
        .as("of %d requests with 70 in 100 for the first Revision", SPLIT_REQUESTS)
        .isBetween(SPLIT_REQUESTS / 2, SPLIT_REQUESTS * 9 / 10);
    HttpResponse<String> tagged = system.request(client, "old-" + HOST, "/cgi-bin/ids?id=40000");
    assertThat(tagged.headers().firstValue("X-Version")).as("by its tag").contains("1");
  }

  private void othersGoOnWhenLeadersAreKilled(TestedSystem system) throws Exception {
    system.killLeaders();
    apply(system, "ids", system.image(), "3");
    system
        .kubectl(
            "wait",
            "--for=jsonpath={.status.latestReadyRevisionName}=ids-00003",
            "ksvc/ids",
            "--timeout=90s")
        .succeeded();
    assertThat(system.request(client, HOST, "/cgi-bin/ids?id=50000").statusCode()).isEqualTo(200);
  }

  private void split(TestedSystem system, int percent) throws IOException {
    system
        .kubectl(
            "patch",
            "ksvc/ids",
            "--type=merge",
            "-p",
            """
            {"spec": {"traffic": [
              {"revisionName": "ids-00001", "percent": %d, "tag": "old", "latestRevision": false},
              {"revisionName": "ids-00002", "percent": %d, "latestRevision": false}]}}
            """
                .formatted(percent, 100 - percent))
        .succeeded();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(
                  system
                      .kubectl("get", "ksvc/ids", "-o", "jsonpath={.status.traffic[*].percent}")
                      .output())
              .isEqualTo(percent + " " + (100 - percent));
          assertThat(system.request(client, "old-" + HOST, "/cgi-bin/ids?id=25000").statusCode())
              .isEqualTo(200);
        });
  }

  /** What stands in the cluster, for whoever reads of a failure. */
  private void tell(TestedSystem system) throws IOException {
    System.out.println(
        system
            .kubectl(
                "get", "ksvc,cfg,rev,rt,kpa,sks,king,deploy,pods,ep,nodes,events", "-o", "wide")
            .output());
    System.out.println(system.kubectl("get", "ksvc,rev,kpa,rt,king", "-o", "yaml").output());
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".err")).toList()) {
        System.out.println(file + ":\n" + Files.readString(file));
      }
    }
  }

  private static String manifest(String name, String image, String version) {
    return """
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: %s, namespace: default}
    spec:
      template:
        metadata:
          annotations:
            autoscaling.knative.dev/window: 6s
            autoscaling.knative.dev/target: "10"
            autoscaling.knative.dev/max-scale: "3"
        spec:
          containerConcurrency: 10
          timeoutSeconds: 300
          enableServiceLinks: false
          containers:
          - name: user-container
            image: %s
            env: [{name: VERSION, value: "%s"}]
            readinessProbe: {successThreshold: 1, tcpSocket: {port: 0}}
            resources: {}
      traffic: [{latestRevision: true, percent: 100}]
    """
        .formatted(name, image, version);
  }

  private void apply(TestedSystem system, String name, String image, String version)
      throws IOException {
    Path file =
        Files.writeString(
            directory.resolve(name + version + ".yaml"), manifest(name, image, version));
    system.kubectl("apply", "-f", file.toString()).succeeded();
  }

  /** Of all Revisions together; pods that are on their way out do not count. */
  private static void awaitReplicas(TestedSystem system, int wanted) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(250))
        .untilAsserted(() -> assertThat(replicas(system)).isEqualTo(wanted));
  }

  private static int replicas(TestedSystem system) {
    String counts =
        system
            .kubectl(
                "get",
                "deployments",
                "-l",
                "serving.knative.dev/service=ids",
                "-o",
                "jsonpath={.items[*].status.replicas}")
            .succeeded()
            .output();
    return Pattern.compile("\\d+")
        .matcher(counts)
        .results()
        .mapToInt(count -> Integer.parseInt(count.group()))
        .sum();
  }

  private void aBurstAtZeroReachesTheProgramOnceAndIsAnswered(TestedSystem system)
      throws InterruptedException {
    Set<String> answered = new ConcurrentSkipListSet<>();
    Set<String> otherwise = new ConcurrentSkipListSet<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < BURST; i++) {
        String id = String.valueOf(i);
        var _ =
            clients.submit(() -> {
              try {
                HttpResponse<String> response =
                    system.request(client, HOST, "/cgi-bin/ids?id=" + id + "&sleep=0.5");
                (response.statusCode() == 200 ? answered : otherwise).add(response.body());
              } catch (IOException e) {
                otherwise.add(id + ": " + e);
              }
              return null;
            });
      }
      clients.shutdown();
      assertThat(clients.awaitTermination(90, TimeUnit.SECONDS)).isTrue();
    }
    Set<String> sent =
        IntStream.range(0, BURST)
            .mapToObj(String::valueOf)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(otherwise).isEmpty();
    assertThat(answered).isEqualTo(sent);
    assertThat(replicas(system)).as("pods for 200 requests at once").isGreaterThan(1);
    assertThat(LoggedIds.of(system::kubectl, "ids", BURST)).isEqualTo(sent);
  }

  private void anUnknownImageIsTold(TestedSystem system) throws IOException {
    apply(system, "broken", "dev.local/missing", "1");
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(250))
        .untilAsserted(() -> assertThat(toldOf(system, "broken")).contains("dev.local/missing"));
    system.kubectl("delete", "ksvc", "broken").succeeded();
  }

  /**
   * What a person finds who asks why: Ready of the Service where the control plane knows the node's
   * images; the pod where it does not, as with any image that cannot be pulled.
   */
  private static String toldOf(TestedSystem system, String name) {
    return system
            .kubectl(
                "get",
                "ksvc",
                name,
                "-o",
                "jsonpath={.status.conditions[?(@.type==\"Ready\")].message}")
            .output()
        + system
            .kubectl(
                "get",
                "pods",
                "-l",
                "serving.knative.dev/service=" + name,
                "-o",
                "jsonpath={.items[*].status.containerStatuses[*].state.waiting.message}")
            .output();
  }

  private void nothingIsLostUnderARollout(TestedSystem system) throws Exception {
    AtomicBoolean going = new AtomicBoolean(true);
    Set<String> otherwise = new ConcurrentSkipListSet<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CLIENTS_OF_THE_ROLLOUT; i++) {
        String id = "1000" + i;
        var _ =
            clients.submit(() -> {
              while (going.get()) {
                try {
                  HttpResponse<String> response =
                      system.request(client, HOST, "/cgi-bin/ids?id=" + id);
                  if (response.statusCode() != 200) {
                    otherwise.add(response.statusCode() + " " + response.body());
                  }
                } catch (IOException e) {
                  otherwise.add(e.toString());
                }
              }
              return null;
            });
      }
      try {
        apply(system, "ids", system.image(), "2");
        system
            .kubectl(
                "wait",
                "--for=jsonpath={.status.traffic[0].revisionName}=ids-00002",
                "ksvc/ids",
                "--timeout=90s")
            .succeeded();
        // Until the first Revision has none left, and its pods' ends are over for the requests.
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(250))
            .untilAsserted(() ->
                assertThat(
                        system
                            .kubectl(
                                "get",
                                "deployment",
                                "ids-00001-deployment",
                                "-o",
                                "jsonpath={.spec.replicas}")
                            .output())
                    .isEqualTo("0"));
      } finally {
        going.set(false);
      }
    }
    assertThat(otherwise).isEmpty();
  }
}
