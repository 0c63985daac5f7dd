package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that must work with an unmodified kubectl. */
class KubectlTest {
  private static final String DEPLOYMENT =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: 2
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec:
            containers:
            - name: web
              image: dev.local/helloworld
              ports: [{containerPort: 8080}]
              env: [{name: A, value: b}]
      """;

  @TempDir Path home;
  private TestServer server;
  private Kubectl kubectl;

  @BeforeEach
  void start() throws Exception {
    Kubectl.assumeInstalled();
    server = new TestServer(home);
    kubectl = new Kubectl(server.server.kubeconfig());
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void createsShowsAndDeletes() throws Exception {
    assertThat(kubectl.runWith(DEPLOYMENT, Map.of(), "create", "-f", "-"))
        .isEqualTo("deployment.apps/web created\n");
    assertThat(kubectl.run("get", "deploy"))
        .startsWith("NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nweb    0/2     0            0  ");
    assertThat(kubectl.run("get", "deploy", "-o", "wide"))
        .contains("CONTAINERS   IMAGES                 SELECTOR")
        .contains("web          dev.local/helloworld   app=web");
    assertThat(kubectl.run("describe", "deploy", "web")).contains("A:           b");
    assertThat(kubectl.run("delete", "deploy", "web"))
        .isEqualTo("deployment.apps \"web\" deleted\n");
    assertThat(kubectl.run("get", "deploy")).isEmpty();
  }

  @Test
  void givesAccountsTokensThatAreHeldToRoles() throws Exception {
    kubectl.run("create", "serviceaccount", "reader");
    String token = kubectl.run("create", "token", "reader").strip();
    assertThat(kubectl.say("", Map.of(), "--token", token, "get", "configmaps").err())
        .contains("cannot list resource \"configmaps\"");
    kubectl.run("create", "role", "reads", "--verb=list", "--resource=configmaps");
    kubectl.run(
        "create", "rolebinding", "reads", "--role=reads", "--serviceaccount=default:reader");
    kubectl.run("--token", token, "get", "configmaps");
    assertThat(kubectl.run("--token", token, "auth", "can-i", "list", "configmaps"))
        .isEqualTo("yes\n");
    assertThat(
            kubectl
                .say("", Map.of(), "--token", token, "auth", "can-i", "delete", "configmaps")
                .out())
        .isEqualTo("no\n");
    kubectl.run("delete", "serviceaccount", "reader");
    assertThat(kubectl.say("", Map.of(), "--token", token, "get", "configmaps").err())
        .contains("Unauthorized");
  }

  @Test
  void appliesAgainAndMergesListsByTheirKeys() throws Exception {
    kubectl.runWith(DEPLOYMENT, Map.of(), "apply", "-f", "-");
    kubectl.run(
        "patch",
        "deploy",
        "web",
        "-p",
        """
        {"spec":{"template":{"spec":{"containers":[
          {"name":"web","env":[{"name":"B","value":"x"}]}]}}}}
        """);
    String changed = DEPLOYMENT.replace("value: b", "value: c");
    assertThat(kubectl.say(changed, Map.of(), "diff", "-f", "-").out())
        .contains("-          value: b")
        .contains("+          value: c");

    assertThat(kubectl.runWith(changed, Map.of(), "apply", "-f", "-"))
        .isEqualTo("deployment.apps/web configured\n");

    assertThat(
            kubectl.run(
                "get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[0].env}"))
        .isEqualTo("[{\"name\":\"A\",\"value\":\"c\"},{\"name\":\"B\",\"value\":\"x\"}]");
  }

  @Test
  void editsScalesLabelsAndAnnotates() throws Exception {
    kubectl.runWith(DEPLOYMENT, Map.of(), "apply", "-f", "-");

    kubectl.run("scale", "deploy", "web", "--replicas=5");
    kubectl.runWith(
        "", Map.of("EDITOR", "sed -i s/replicas:.5/replicas:\\ 6/"), "edit", "deploy", "web");
    kubectl.run("label", "deploy", "web", "tier=front");
    kubectl.run("annotate", "deploy", "web", "note=well");

    assertThat(
            kubectl.run(
                "get",
                "deploy",
                "-l",
                "tier=front",
                "-o",
                "jsonpath={.items[*].spec.replicas} {.items[*].metadata.annotations.note}"))
        .isEqualTo("6 well");
  }

  @Test
  void watchesUntilInterrupted() throws Exception {
    Process watch = kubectl.start("get", "configmaps", "-w", "--output-watch-events");
    try (BufferedReader said = watch.inputReader()) {
      kubectl.runWith(configMap("one"), Map.of(), "create", "-f", "-");
      assertThat(said.readLine()).matches("EVENT +NAME +DATA +AGE");
      assertThat(said.readLine()).matches("ADDED +one +1 +.*");
      kubectl.run("delete", "configmap", "one");
      assertThat(said.readLine()).matches("DELETED +one +1 +.*");
    } finally {
      watch.destroyForcibly();
    }
  }

  @Test
  void waitsForAConditionAndForDeletion() throws Exception {
    kubectl.runWith(DEPLOYMENT, Map.of(), "create", "-f", "-");
    Process wait = kubectl.start("wait", "--for=condition=Available", "deploy/web");
    server.registry.patchStatus(
        ResourceTypes.DEPLOYMENTS,
        "default",
        "web",
        new Patch.Merge(
            Json.read(
                "{\"status\":{\"conditions\":[{\"type\":\"Available\",\"status\":\"True\"}]}}"
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8))));

    try (BufferedReader said = wait.inputReader()) {
      assertThat(said.readLine()).isEqualTo("deployment.apps/web condition met");
    }
    assertThat(wait.waitFor()).isZero();
  }

  @Test
  void knowsTheKindsAndTheirFields() throws Exception {
    assertThat(kubectl.run("api-resources", "-o", "name"))
        .contains("pods", "deployments.apps", "endpointslices.discovery.k8s.io");
    assertThat(kubectl.run("explain", "deploy.spec.template.spec.containers"))
        .contains("livenessProbe");
    assertThat(kubectl.run("api-versions")).contains("apps/v1");
    assertThat(kubectl.run("version")).contains("Server Version: v1.34.1+bellows");
  }

  /** These commands write protobuf. */
  @Test
  void createsByWord() throws Exception {
    kubectl.run("create", "namespace", "shop");
    kubectl.run("create", "configmap", "c", "--from-literal=a=b", "-n", "shop");
    kubectl.run("create", "secret", "generic", "s", "--from-literal=k=v", "-n", "shop");
    kubectl.run("create", "serviceaccount", "sa", "-n", "shop");
    kubectl.run("create", "service", "clusterip", "web", "--tcp=80:http", "-n", "shop");
    kubectl.run("create", "deployment", "d", "--image=dev.local/x", "--replicas=0", "-n", "shop");

    assertThat(kubectl.run("get", "cm", "c", "-n", "shop", "-o", "jsonpath={.data}"))
        .isEqualTo("{\"a\":\"b\"}");
    assertThat(kubectl.run("get", "secret", "s", "-n", "shop", "-o", "jsonpath={.data.k}"))
        .isEqualTo("dg==");
    assertThat(kubectl.run("get", "svc", "web", "-n", "shop", "-o", "jsonpath={.spec.ports[0]}"))
        .isEqualTo(
            "{\"name\":\"80-http\",\"port\":80,\"protocol\":\"TCP\",\"targetPort\":\"http\"}");
    assertThat(kubectl.run("get", "deploy", "-n", "shop")).contains("d      0/0");
    assertThat(kubectl.run("auth", "can-i", "create", "pods")).isEqualTo("yes\n");
  }

  @Test
  void saysWhatIsMissing() throws Exception {
    Kubectl.Said said = kubectl.say("", Map.of(), "get", "pods", "nobody");

    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.err()).isEqualTo("Error from server (NotFound): pods \"nobody\" not found\n");
  }

  @Test
  void theKubeconfigIsForItsOwnerAlone() throws Exception {
    assertThat(java.nio.file.Files.getPosixFilePermissions(server.server.kubeconfig()))
        .isEqualTo(java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
  }

  private static String configMap(String name) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {a: b}\n";
  }
}
