package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An ordinary manifest of each kind applies, reads back with its defaults, and goes. */
class OrdinaryManifestsContractTest extends ContractTest {
  enum Manifest {
    CONFIG_MAP("v1", "ConfigMap", "configmaps", "{data: {a: '1'}}"),
    SECRET(
        "v1", "Secret", "secrets", "{type: 'kubernetes.io/basic-auth', data: {username: 'YQ=='}}"),
    SERVICE_ACCOUNT(
        "v1", "ServiceAccount", "serviceaccounts", "{automountServiceAccountToken: false}"),
    SERVICE(
        "v1",
        "Service",
        "services",
        "{spec: {selector: {a: 'b'}, ports: [{name: 'http', port: 80}]}}"),
    HEADLESS("v1", "Service", "services", "{spec: {clusterIP: 'None', ports: [{port: 80}]}}"),
    EXTERNAL_NAME(
        "v1", "Service", "services", "{spec: {type: 'ExternalName', externalName: 'example.com'}}"),
    ENDPOINTS(
        "v1",
        "Endpoints",
        "endpoints",
        "{subsets: [{addresses: [{ip: '10.1.2.3'}], ports: [{port: 80}]}]}"),
    ENDPOINT_SLICE(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        "endpointslices",
        "{addressType: 'IPv4', endpoints: [{addresses: ['10.1.2.3']}], ports: [{port: 80}]}"),
    POD(
        "v1",
        "Pod",
        "pods",
        "{spec: {schedulerName: 'nobody', containers: [{name: 'a', image: 'b'}]}}"),
    CLAIM(
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        "{spec: {accessModes: ['ReadWriteOnce'], resources: {requests: {storage: '1Gi'}}}}"),
    QUOTA(
        "v1",
        "ResourceQuota",
        "resourcequotas",
        "{spec: {hard: {'count/widgets.example.com': '5'}}}"),
    LIMIT_RANGE(
        "v1",
        "LimitRange",
        "limitranges",
        "{spec: {limits: [{type: 'PersistentVolumeClaim', max: {storage: '2Gi'}}]}}"),
    EVENT(
        "v1",
        "Event",
        "events",
        "{involvedObject: {kind: 'Pod', name: 'a', namespace: '%NS%'}, reason: 'Seen', message:"
            + " 'was seen', type: 'Normal'}"),
    DEPLOYMENT(
        "apps/v1",
        "Deployment",
        "deployments",
        "{spec: {replicas: 0, selector: {matchLabels: {a: 'b'}}, template: {metadata: {labels: {a:"
            + " 'b'}}, spec: {containers: [{name: 'a', image: 'b', resources: {limits: {cpu:"
            + " '100m'}}}]}}}}"),
    REPLICA_SET(
        "apps/v1",
        "ReplicaSet",
        "replicasets",
        "{spec: {replicas: 0, selector: {matchLabels: {a: 'c'}}, template: {metadata: {labels: {a:"
            + " 'c'}}, spec: {containers: [{name: 'a', image: 'b'}]}}}}"),
    LEASE(
        "coordination.k8s.io/v1",
        "Lease",
        "leases",
        "{spec: {holderIdentity: 'me', leaseDurationSeconds: 15, renewTime:"
            + " '2026-01-01T00:00:00.000000Z'}}"),
    AUTOSCALER(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "{spec: {scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name: 'nobody'},"
            + " maxReplicas: 3, metrics: [{type: 'Resource', resource: {name: 'cpu', target: {type:"
            + " 'Utilization', averageUtilization: 50}}}]}}"),
    DISRUPTION_BUDGET(
        "policy/v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "{spec: {minAvailable: 1, selector: {matchLabels: {a: 'nobody'}}}}"),
    NETWORK_POLICY(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "networkpolicies",
        "{spec: {podSelector: {}, policyTypes: ['Ingress'], ingress: [{ports: [{port: 80}]}]}}"),
    ROLE(
        "rbac.authorization.k8s.io/v1",
        "Role",
        "roles",
        "{rules: [{apiGroups: [''], resources: ['pods'], verbs: ['get']}]}"),
    ROLE_BINDING(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "rolebindings",
        "{roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view'},"
            + " subjects: [{kind: 'ServiceAccount', name: 'a', namespace: '%NS%'}]}");

    private final String apiVersion;
    private final String kind;
    private final String plural;
    private final String rest;

    Manifest(String apiVersion, String kind, String plural, String rest) {
      this.apiVersion = apiVersion;
      this.kind = kind;
      this.plural = plural;
      this.rest = rest;
    }
  }

  private String where(Manifest manifest) {
    return manifest.apiVersion.contains("/")
        ? path(manifest.apiVersion, manifest.plural)
        : core(manifest.plural);
  }

  @ParameterizedTest
  @EnumSource
  void itAppliesReadsBackAndGoes(Manifest manifest) {
    String name = unique("m");
    var object = Wire.object(manifest.rest.replace("%NS%", namespace));
    object.put("apiVersion", manifest.apiVersion).put("kind", manifest.kind);
    object.putObject("metadata").put("name", name);
    String path = where(manifest) + "/" + name;
    Reply made = api.apply("kubectl", path + "?fieldValidation=Strict", object).is(201);
    assertThat(made.text("/kind")).isEqualTo(manifest.kind);
    assertThat(made.text("/apiVersion")).isEqualTo(manifest.apiVersion);
    Reply read = api.get(path).is(200);
    assertThat(read.uid()).isEqualTo(made.uid());
    // Applying it again changes nothing, whatever controllers have written meanwhile.
    assertThat(api.apply("kubectl", path, object).is(200).generation())
        .isEqualTo(read.generation());
    assertThat(api.get(where(manifest)).is(200).names()).contains(name);
    assertThat(api.delete(path, "{gracePeriodSeconds: 0}").code()).isIn(200, 202);
  }

  @Test
  void aNodeIsMadeByWhoeverRunsOne() {
    String name = unique("node");
    Reply made =
        api.post(
                "/api/v1/nodes",
                Wire.object("{metadata: {name: '%s'}, spec: {unschedulable: true}}", name))
            .is(201);
    backend.deleteAtEnd("/api/v1/nodes/" + name);
    assertThat(made.at("/spec/unschedulable").asBoolean()).isTrue();
    Reply ready =
        api.patch(
                Api.STRATEGIC_PATCH,
                "/api/v1/nodes/" + name + "/status",
                "{status: {conditions: [{type: 'Ready', status: 'True'}]}}")
            .is(200);
    assertThat(ready.at("/status/conditions").findValuesAsText("type")).contains("Ready");
  }

  @Test
  void clusterRolesAndTheirBindingsApply() {
    String rbac = "/apis/rbac.authorization.k8s.io/v1/";
    String name = unique("role");
    backend.deleteAtEnd(rbac + "clusterroles/" + name);
    backend.deleteAtEnd(rbac + "clusterrolebindings/" + name);
    api.apply(
            "me",
            rbac + "clusterroles/" + name,
            Wire.object(
                "{apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: {name:"
                    + " '%s'}, rules: [{nonResourceURLs: ['/metrics'], verbs: ['get']}]}",
                name))
        .is(201);
    api.apply(
            "me",
            rbac + "clusterrolebindings/" + name,
            Wire.object(
                "{apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata:"
                    + " {name: '%1$s'}, roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind:"
                    + " 'ClusterRole', name: '%1$s'}, subjects: [{kind: 'Group', apiGroup:"
                    + " 'rbac.authorization.k8s.io', name: 'people'}]}",
                name))
        .is(201);
  }

  @Test
  void webhookConfigurationsApply() {
    for (Map.Entry<String, String> kind :
        Map.of(
                "MutatingWebhookConfiguration", "mutatingwebhookconfigurations",
                "ValidatingWebhookConfiguration", "validatingwebhookconfigurations")
            .entrySet()) {
      String name = unique("hook");
      String path = "/apis/admissionregistration.k8s.io/v1/" + kind.getValue() + "/" + name;
      backend.deleteAtEnd(path);
      Reply made =
          api.apply(
                  "me",
                  path,
                  Wire.object(
                      "{apiVersion: 'admissionregistration.k8s.io/v1', kind: '%s', metadata: {name:"
                          + " '%s'}, webhooks: [{name: 'a.example.com', sideEffects: 'None',"
                          + " admissionReviewVersions: ['v1'], failurePolicy: 'Ignore',"
                          + " clientConfig: {url: 'https://127.0.0.1:1/'}, rules: [{apiGroups:"
                          + " ['nothing.example.com'], apiVersions: ['v1'], operations: ['CREATE'],"
                          + " resources: ['nothings']}]}]}",
                      kind.getKey(), name))
              .is(201);
      assertThat(made.at("/webhooks/0/timeoutSeconds").asInt()).isEqualTo(10);
      assertThat(made.text("/webhooks/0/matchPolicy")).isEqualTo("Equivalent");
    }
  }

  @Test
  void aNewNamespaceHasAnAccountAndTheAuthority() {
    String fresh = backend.freshNamespace("fresh");
    api.get("/api/v1/namespaces/" + fresh + "/serviceaccounts/default").is(200);
    org.awaitility.Awaitility.await()
        .until(() ->
            api.get("/api/v1/namespaces/" + fresh + "/configmaps/kube-root-ca.crt")
                .text("/data/ca.crt")
                .contains("BEGIN CERTIFICATE"));
    Reply read = api.get("/api/v1/namespaces/" + fresh).is(200);
    assertThat(read.text("/status/phase")).isEqualTo("Active");
    assertThat(read.at("/metadata/labels").path("kubernetes.io/metadata.name").asText())
        .isEqualTo(fresh);
    assertThat(read.at("/spec/finalizers")).isEqualTo(Wire.value("['kubernetes']"));
  }

  @Test
  void aPodRunsAsTheDefaultAccount() {
    String name = unique("p");
    Reply made = api.post(core("pods"), pod(name)).is(201);
    assertThat(made.text("/spec/serviceAccountName")).isEqualTo("default");
    assertThat(made.text("/spec/dnsPolicy")).isEqualTo("ClusterFirst");
    assertThat(made.at("/spec/terminationGracePeriodSeconds").asInt()).isEqualTo(30);
    assertThat(made.text("/status/phase")).isEqualTo("Pending");
    assertThat(made.text("/status/qosClass")).isEqualTo("BestEffort");
    assertThat(made.at("/spec/tolerations")).hasSize(2);
  }

  @Test
  void aPodOfAMissingAccountIsRefused() {
    var object = pod(unique("p"));
    object.withObjectProperty("spec").put("serviceAccountName", "nobody");
    api.post(core("pods"), object)
        .refusesSaying(
            403, "Forbidden", "error looking up service account " + namespace + "/nobody");
  }

  @Test
  void aPodWaitsForTheDefaultAccountOfItsNamespace() {
    String fresh = unique("fresh");
    api.post("/api/v1/namespaces", Wire.object("{metadata: {name: '%s'}}", fresh)).is(201);
    backend.deleteAtEnd("/api/v1/namespaces/" + fresh);
    Reply made = api.post("/api/v1/namespaces/" + fresh + "/pods", pod("p")).is(201);
    assertThat(made.text("/spec/serviceAccountName")).isEqualTo("default");
    api.get("/api/v1/namespaces/" + fresh + "/serviceaccounts/default").is(200);
  }

  @Test
  void aDeploymentMakesAReplicaSet() {
    String path = makeDeployment("d");
    org.awaitility.Awaitility.await()
        .untilAsserted(() -> {
          Reply sets =
              api.get(path("apps/v1", "replicasets") + "?labelSelector=app%3D" + nameIn(path));
          assertThat(sets.names()).hasSize(1);
          assertThat(sets.names().getFirst()).startsWith(nameIn(path) + "-");
          assertThat(sets.text("/items/0/metadata/ownerReferences/0/kind")).isEqualTo("Deployment");
          assertThat(sets.at("/items/0/metadata/labels").has("pod-template-hash")).isTrue();
        });
    org.awaitility.Awaitility.await()
        .until(() -> api.get(path).at("/status/observedGeneration").asInt() == 1);
  }

  @Test
  void anotherVersionOfAnAutoscalerShowsTheSame() {
    String name = unique("hpa");
    api.post(
            path("autoscaling/v1", "horizontalpodautoscalers"),
            Wire.object(
                "{apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: {name:"
                    + " '%s'}, spec: {scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment',"
                    + " name: 'nobody'}, maxReplicas: 3, targetCPUUtilizationPercentage: 70}}",
                name))
        .is(201);
    Reply second = api.get(path("autoscaling/v2", "horizontalpodautoscalers") + "/" + name).is(200);
    assertThat(second.at("/spec/metrics/0/resource/target/averageUtilization").asInt())
        .isEqualTo(70);
  }
}
