package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.it.contract.RealControlPlane;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** This machine as a node of a real control plane, under the rights of a node's account. */
@BesideOthers
@ResourceLock(JoinedNodeProcess.NETWORK)
class JoinedNodeIT {
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
            terminationGracePeriodSeconds: 5
            containers:
            - name: web
              image: dev.local/helloworld
              env:
              - {name: TARGET, valueFrom: {configMapKeyRef: {name: words, key: target}}}
              ports: [{containerPort: 8080}]
              readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
      """;

  @TempDir Path home;

  @Test
  void deploymentsBecomeProcessesWithLogsAndTheNodeIsMissedWhenItEnds() throws Exception {
    Command.require("kubectl");
    try (RealControlPlane cluster = RealControlPlane.startOrSkip("pods of a real API server")) {
      JoinedNodeProcess node = JoinedNodeProcess.start(cluster, home.resolve("node"));
      try (node) {
        runsADeployment(node);
      }
      node.kubectl("wait", "--for=condition=Ready=False", "node/" + RealControlPlane.NODE)
          .succeeded();
    }
  }

  private void runsADeployment(JoinedNodeProcess node) throws Exception {
    node.kubectl("wait", "--for=condition=Ready", "node/" + RealControlPlane.NODE, "--timeout=30s")
        .succeeded();
    node.kubectl("create", "configmap", "words", "--from-literal=target=everybody").succeeded();
    Path manifest = Files.writeString(home.resolve("web.yaml"), DEPLOYMENT);
    node.kubectl("apply", "-f", manifest.toString()).succeeded();
    node.kubectl("rollout", "status", "deployment/web", "--timeout=60s").succeeded();
    String renewed = renewed(node);
    assertThat(node.kubectl("logs", "deployment/web").succeeded().output()).contains("listening");
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(node.kubectl("get", "events", "-o", "jsonpath={.items[*].reason}").output())
                .contains("Started"));
    whatTheClusterGaveUpIsReadyAgain(node);
    node.kubectl("delete", "pod", "-l", "app=web", "--wait=true", "--timeout=30s").succeeded();
    node.kubectl("rollout", "status", "deployment/web", "--timeout=60s").succeeded();
    await().atMost(Duration.ofSeconds(20)).until(() -> !renewed(node).equals(renewed));
  }

  /** As its controllers mark a node that they have not heard of for a while, and its pods. */
  private static void whatTheClusterGaveUpIsReadyAgain(JoinedNodeProcess node) {
    String pods = node.kubectl("get", "pods", "-l", "app=web", "-o", "name").succeeded().output();
    String pod = pods.lines().findFirst().orElseThrow();
    for (String object : List.of("node/" + RealControlPlane.NODE, pod)) {
      String status = object.startsWith("node/") ? "Unknown" : "False";
      node.kubectl(
              "patch",
              object,
              "--subresource=status",
              "--patch",
              "{\"status\": {\"conditions\": [{\"type\": \"Ready\", \"status\": \""
                  + status
                  + "\"}]}}")
          .succeeded();
      node.kubectl("wait", "--for=condition=Ready", object, "--timeout=60s").succeeded();
    }
  }

  private static String renewed(JoinedNodeProcess node) {
    return node.kubectl(
            "get",
            "lease",
            RealControlPlane.NODE,
            "-n",
            "kube-node-lease",
            "-o",
            "jsonpath={.spec.renewTime}")
        .succeeded()
        .output();
  }
}
