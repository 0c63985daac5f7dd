package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a Service {@code ids} with a few Revisions meets seldom: a domain of its own, tags that go,
 * old Revisions that are collected, certificates of namespaces, an autoscaler of another class, and
 * somebody who edits by hand what is not theirs.
 */
final class RarerCases {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String SYSTEM = "--namespace=knative-serving";

  private final TestedSystem system;
  private final Path directory;

  RarerCases(TestedSystem system, Path directory) {
    this.system = system;
    this.directory = directory;
  }

  /**
   * Brings all of it about.
   *
   * @param revision one that has been Ready, and does not change any more
   */
  void hold(String revision) throws Exception {
    whatAHandChangedIsPutRight(revision);
    whatATagLeftIsTakenAway();
    aDomainIsClaimedAndGivenBack();
    anotherClassHasItsOwnAutoscaler();
    aRegistryIsAskedWithThePodsSecrets();
    oldRevisionsAreCollected();
    namespacesGetCertificates();
  }

  private void whatAHandChangedIsPutRight(String revision) {
    // As it was wished is what its hash says, and nothing else is compared.
    putRight(
        "deployment/" + revision + "-deployment",
        "/spec/progressDeadlineSeconds",
        "77",
        "{\"op\":\"remove\",\"path\":\"/metadata/labels/serving.knative.dev~1deployment-hash\"},");
    putRight("kpa/" + revision, "/spec/containerConcurrency", "77");
    putRight("sks/" + revision, "/spec/objectRef/name", "\"nobody\"");
    putRight("metric/" + revision, "/spec/stableWindow", "77000000000");
    putRight("configuration/ids", "/spec/template/spec/containerConcurrency", "77");
    putRight("route/ids", "/spec/traffic/0/percent", "77");
    putRight("king/ids", "/spec/rules/0/visibility", "\"ClusterLocal\"");
    putRight("service/" + revision, "/spec/ports/0/port", "77");
    putRight("service/ids", "/spec/externalName", "\"nobody.example.com\"");
    system.kubectl("delete", "endpoints/" + revision).succeeded();
    shows("endpoints/" + revision, "{.metadata.name}", revision);
  }

  /** Changes one field of an object, and returns once it is what it was before. */
  private void putRight(String object, String pointer, String value) {
    putRight(object, pointer, value, "");
  }

  /** The same, together with other operations of a JSON patch. */
  private void putRight(String object, String pointer, String value, String others) {
    String path = "{" + pointer.replaceAll("/(\\d+)(?=/|$)", "[$1]").replace('/', '.') + "}";
    String before = shown(object, path);
    assertThat(before).as("%s of %s", path, object).isNotEmpty();
    system
        .kubectl(
            "patch",
            object,
            "--type=json",
            "--patch",
            "["
                + others
                + "{\"op\":\"replace\",\"path\":\""
                + pointer
                + "\",\"value\":"
                + value
                + "}]")
        .succeeded();
    shows(object, path, before);
  }

  private void whatATagLeftIsTakenAway() {
    traffic("[{\"latestRevision\": true, \"percent\": 100, \"tag\": \"now\"}]");
    shows("service/now-ids", "{.metadata.name}", "now-ids");
    traffic("[{\"latestRevision\": true, \"percent\": 100}]");
    isGone("service/now-ids");
  }

  /** Not asked for: it leads to the Service's name in the cluster, which nobody resolves here. */
  private void aDomainIsClaimedAndGivenBack() throws IOException {
    settings("config-network", "{\"autocreate-cluster-domain-claims\": \"true\"}");
    apply(
        "domain",
        """
        apiVersion: serving.knative.dev/v1beta1
        kind: DomainMapping
        metadata: {name: ids.example.org, namespace: default}
        spec: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: ids}}
        """);
    shows(
        "domainmapping/ids.example.org",
        "{.status.conditions[?(@.type==\"Ready\")].status}",
        "True");
    putRight("king/ids.example.org", "/spec/rules/0/visibility", "\"ClusterLocal\"");
    system.kubectl("delete", "domainmapping/ids.example.org").succeeded();
    isGone("clusterdomainclaim/ids.example.org");
  }

  private void anotherClassHasItsOwnAutoscaler() throws IOException {
    apply(
        "by-cpu",
        """
        apiVersion: serving.knative.dev/v1
        kind: Service
        metadata: {name: by-cpu, namespace: default}
        spec:
          template:
            metadata:
              annotations:
                autoscaling.knative.dev/class: hpa.autoscaling.knative.dev
                autoscaling.knative.dev/metric: cpu
                autoscaling.knative.dev/max-scale: "2"
            spec:
              containerConcurrency: 0
              timeoutSeconds: 300
              enableServiceLinks: false
              containers:
              - name: user-container
                image: %s
                readinessProbe: {successThreshold: 1, tcpSocket: {port: 0}}
                resources: {requests: {cpu: 10m}}
          traffic: [{latestRevision: true, percent: 100}]
        """
            .formatted(system.image()));
    shows("hpa/by-cpu-00001", "{.spec.maxReplicas}", "2");
    putRight("hpa/by-cpu-00001", "/spec/maxReplicas", "7");
    system.kubectl("wait", "--for=condition=Ready", "ksvc/by-cpu", "--timeout=90s").succeeded();
    system.kubectl("delete", "ksvc/by-cpu").succeeded();
  }

  /** Nobody listens there; whose secrets those are is found out before. */
  private void aRegistryIsAskedWithThePodsSecrets() throws IOException {
    system
        .kubectl(
            "create",
            "secret",
            "docker-registry",
            "pull",
            "--docker-server=127.0.0.1:1",
            "--docker-username=u",
            "--docker-password=p")
        .succeeded();
    apply(
        "pulled",
        """
        apiVersion: serving.knative.dev/v1
        kind: Service
        metadata: {name: pulled, namespace: default}
        spec:
          template:
            spec:
              containerConcurrency: 0
              timeoutSeconds: 300
              enableServiceLinks: false
              imagePullSecrets: [{name: pull}]
              containers:
              - name: user-container
                image: 127.0.0.1:1/team/pulled:1
                readinessProbe: {successThreshold: 1, tcpSocket: {port: 0}}
                resources: {}
          traffic: [{latestRevision: true, percent: 100}]
        """);
    shows("revision/pulled-00001", "{.status.conditions[?(@.type==\"Ready\")].status}", "False");
    system.kubectl("delete", "ksvc/pulled").succeeded();
  }

  private void oldRevisionsAreCollected() {
    shows("revision/ids-00001", "{.metadata.name}", "ids-00001");
    settings(
        "config-gc",
        """
        {"retain-since-create-time": "disabled", "retain-since-last-active-time": "disabled",
         "min-non-active-revisions": "0", "max-non-active-revisions": "0"}
        """);
    isGone("revision/ids-00001");
  }

  /** No certificates are made here: who makes them watches for their class. */
  private void namespacesGetCertificates() {
    system.kubectl("create", "namespace", "certified").succeeded();
    settings(
        "config-network",
        """
        {"external-domain-tls": "Enabled",
         "namespace-wildcard-cert-selector": "{\\"matchLabels\\": {\\"certified\\": \\"yes\\"}}"}
        """);
    system.kubectl("label", "namespace/certified", "certified=yes").succeeded();
    String certificate = "kcert/certified.example.com";
    shows(certificate, "{.spec.dnsNames[0]}", "*.certified.example.com", "certified");
    system.kubectl("label", "namespace/certified", "certified-").succeeded();
    isGone(certificate, "certified");
    settings(
        "config-network",
        "{\"external-domain-tls\": \"Disabled\", \"namespace-wildcard-cert-selector\": \"\"}");
    system.kubectl("delete", "namespace", "certified", "--wait=false").succeeded();
  }

  // The words of these.

  private void traffic(String targets) {
    String patch = "{\"spec\": {\"traffic\": " + targets + "}}";
    system.kubectl("patch", "ksvc/ids", "--type=merge", "--patch", patch).succeeded();
  }

  private void settings(String configMap, String data) {
    system
        .kubectl(
            "patch",
            "configmap/" + configMap,
            SYSTEM,
            "--type=merge",
            "--patch",
            "{\"data\": " + data + "}")
        .succeeded();
  }

  private void apply(String name, String manifest) throws IOException {
    Path file = Files.writeString(directory.resolve(name + ".yaml"), manifest);
    system.kubectl("apply", "-f", file.toString()).succeeded();
  }

  private String shown(String object, String path) {
    return shown(object, path, "default");
  }

  /** Without kubectl's warning of a kind that is old. */
  private String shown(String object, String path, String namespace) {
    return system
        .kubectl("get", object, "--output=jsonpath=" + path, "--namespace=" + namespace)
        .output()
        .replaceFirst("^Warning: .*\\R", "");
  }

  private void shows(String object, String path, String value) {
    shows(object, path, value, "default");
  }

  private void shows(String object, String path, String value, String namespace) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(shown(object, path, namespace))
                .as("%s of %s", path, object)
                .isEqualTo(value));
  }

  private void isGone(String object) {
    isGone(object, "default");
  }

  private void isGone(String object, String namespace) {
    system
        .kubectl("wait", "--for=delete", object, "--timeout=90s", "--namespace=" + namespace)
        .succeeded();
  }
}
