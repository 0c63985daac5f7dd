package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What objects look like to clients that want them in another form than JSON. */
class EncodingContractTest extends ContractTest {
  private static final String PROTOBUF = "application/vnd.kubernetes.protobuf";
  private static final String YAML = "application/yaml";
  private static final String PARTIAL = ";as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
  private static final byte[] MAGIC = {'k', '8', 's', 0};

  private HttpResponse<byte[]> get(String path, String accept) {
    return api.request("GET", path).accept(accept).sendForBytes();
  }

  private static String type(HttpResponse<?> response) {
    return response.headers().firstValue("content-type").orElse("");
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.ISO_8859_1);
  }

  private static HttpResponse<byte[]> isProtobuf(HttpResponse<byte[]> response, int code) {
    assertThat(response.statusCode()).as(text(response)).isEqualTo(code);
    assertThat(type(response)).isEqualTo(PROTOBUF);
    assertThat(response.body()).startsWith(MAGIC);
    return response;
  }

  private static HttpResponse<byte[]> isNotAcceptable(HttpResponse<byte[]> response) {
    assertThat(response.statusCode()).as(text(response)).isEqualTo(406);
    assertThat(text(response)).contains("NotAcceptable");
    return response;
  }

  /** Objects with whatever is special about a kind's fields: by collection. */
  private Map<String, ObjectNode> richObjects() {
    String name = unique("rich");
    Map<String, ObjectNode> objects = new LinkedHashMap<>();
    objects.put(
        core("configmaps"),
        Wire.object(
            """
            {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: '%s', labels: {a: 'b'},
              annotations: {c: 'd'}, finalizers: ['example.com/none']},
              immutable: false, data: {e: '', f: 'ä'}, binaryData: {g: 'AAECAw=='}}
            """,
            name));
    objects.put(
        core("pods"),
        Wire.object(
            """
            {apiVersion: 'v1', kind: 'Pod', metadata: {name: '%s'}, spec: {
              schedulerName: 'nobody', terminationGracePeriodSeconds: 0, hostNetwork: true,
              securityContext: {runAsUser: 0, supplementalGroups: [0, 7]},
              automountServiceAccountToken: false, serviceAccountName: 'default',
              tolerations: [{operator: 'Exists', tolerationSeconds: 0, effect: 'NoExecute'}],
              initContainers: [{name: 'zero', image: 'i', restartPolicy: 'Always'}],
              volumes: [{name: 'v', emptyDir: {sizeLimit: '1Gi'}},
                {name: 'w', configMap: {name: 'x', optional: true, defaultMode: 0,
                  items: [{key: 'k', path: 'p'}]}},
                {name: 'y', projected: {sources: [
                  {serviceAccountToken: {path: 't', expirationSeconds: 600}},
                  {downwardAPI: {items: [{path: 'n', fieldRef: {fieldPath: 'metadata.name'}}]}}]}}],
              containers: [{name: 'one', image: 'i', command: ['a', ''], tty: true,
                env: [{name: 'A', value: 'b'}, {name: 'C', valueFrom: {secretKeyRef: {
                  name: 's', key: 'k', optional: false}}}],
                envFrom: [{prefix: 'P', configMapRef: {name: 'c'}}],
                ports: [{containerPort: 8080, hostPort: 8080, name: 'http'}],
                resources: {limits: {cpu: '500m', memory: '64Mi'}},
                volumeMounts: [{name: 'v', mountPath: '/v', readOnly: true}],
                livenessProbe: {httpGet: {port: 'http', path: '/', httpHeaders: [
                  {name: 'H', value: 'v'}]}, initialDelaySeconds: 3},
                readinessProbe: {tcpSocket: {port: 8080}},
                startupProbe: {grpc: {port: 8080, service: ''}},
                lifecycle: {preStop: {exec: {command: ['x']}}},
                securityContext: {capabilities: {drop: ['ALL']}, runAsNonRoot: false}}]}}
            """,
            name));
    objects.put(
        core("services"),
        Wire.object(
            """
            {apiVersion: 'v1', kind: 'Service', metadata: {name: '%s'}, spec: {
              selector: {a: 'b'}, sessionAffinity: 'ClientIP',
              sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}},
              ports: [{name: 'a', port: 80, targetPort: 'http', appProtocol: 'h2c'},
                {name: 'b', port: 81, targetPort: 8080, protocol: 'UDP'}]}}
            """,
            name));
    objects.put(
        core("secrets"),
        Wire.object(
            """
            {apiVersion: 'v1', kind: 'Secret', metadata: {name: '%s'}, type: 'Opaque',
              data: {a: 'AAECAw==', b: ''}}
            """,
            name));
    ObjectNode deployment = deployment(name);
    deployment
        .withObject("/spec")
        .set(
            "strategy",
            Wire.value(
                "{type: 'RollingUpdate', rollingUpdate: {maxSurge: 0, maxUnavailable: '25%%'}}"
                    .replace("%%", "%")));
    objects.put(deployments(), deployment);
    objects.put(
        path("coordination.k8s.io/v1", "leases"),
        Wire.object(
            """
            {apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: {name: '%s'},
              spec: {holderIdentity: 'me', leaseDurationSeconds: 15, leaseTransitions: 0,
                renewTime: '2026-01-02T03:04:05.678901Z'}}
            """,
            name));
    objects.put(
        path("autoscaling/v2", "horizontalpodautoscalers"),
        Wire.object(
            """
            {apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler',
              metadata: {name: '%s'}, spec: {minReplicas: 1, maxReplicas: 3,
                scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name: 'x'},
                behavior: {scaleDown: {stabilizationWindowSeconds: 0,
                  policies: [{type: 'Percent', value: 10, periodSeconds: 15}]}},
                metrics: [{type: 'Resource', resource: {name: 'cpu',
                  target: {type: 'AverageValue', averageValue: '100m'}}}]}}
            """,
            name));
    objects.put(
        path("policy/v1", "poddisruptionbudgets"),
        Wire.object(
            """
            {apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: {name: '%s'},
              spec: {minAvailable: '50%%', selector: {matchExpressions: [
                {key: 'a', operator: 'In', values: ['b', 'c']}]}}}
            """,
            name));
    objects.put(
        path("rbac.authorization.k8s.io/v1", "roles"),
        Wire.object(
            """
            {apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: {name: '%s'},
              rules: [{apiGroups: [''], resources: ['pods'], verbs: ['get'],
                resourceNames: ['x']}]}
            """,
            name));
    objects.put(
        path("discovery.k8s.io/v1", "endpointslices"),
        Wire.object(
            """
            {apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: {name: '%s'},
              addressType: 'IPv4', ports: [{name: '', port: 80, protocol: 'TCP'}],
              endpoints: [{addresses: ['10.1.2.3'], conditions: {ready: false},
                targetRef: {kind: 'Pod', name: 'x', namespace: 'y'}}]}
            """,
            name));
    objects.put(
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
        Wire.object(
            """
            {apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration',
              metadata: {name: '%1$s'}, webhooks: [{name: 'a.%1$s.example.com', sideEffects: 'None',
                admissionReviewVersions: ['v1'], failurePolicy: 'Ignore',
                namespaceSelector: {matchLabels: {nothing: '%1$s'}},
                clientConfig: {service: {name: 'x', namespace: 'y', port: 1}},
                rules: [{operations: ['CREATE'], apiGroups: ['example.com'], apiVersions: ['*'],
                  resources: ['none'], scope: '*'}]}]}
            """,
            name));
    String group = name + ".example.com";
    objects.put(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        Wire.object(
            """
            {apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
              metadata: {name: 'things.%1$s'}, spec: {group: '%1$s', scope: 'Namespaced',
                names: {plural: 'things', kind: 'Thing'}, versions: [{name: 'v1', served: true,
                  storage: true, subresources: {status: {}}, schema: {openAPIV3Schema: {
                    type: 'object', properties: {spec: {type: 'object',
                      additionalProperties: {type: 'array', items: {type: 'number', minimum: 0.5,
                        enum: [1, 2.5]}}, maxProperties: 0},
                      other: {default: {a: [1]}, type: 'object',
                        'x-kubernetes-preserve-unknown-fields': true},
                      either: {'x-kubernetes-int-or-string': true}}}}}]}}
            """,
            group));
    return objects;
  }

  @Test
  void anObjectInProtobufIsTheSameObject() {
    richObjects()
        .forEach((collection, object) -> {
          String path = collection + "/" + api.post(collection, object).is(201).name();
          if (!collection.contains("/namespaces/")) {
            backend.deleteAtEnd(path);
          }
          AtomicReference<byte[]> read = new AtomicReference<>();
          // Controllers write meanwhile: the same state, once as JSON and once as bytes.
          ObjectNode before =
              Awaitility.await()
                  .until(
                      () -> {
                        ObjectNode json = api.get(path).is(200).json();
                        read.set(isProtobuf(get(path, PROTOBUF), 200).body());
                        return json;
                      },
                      json -> version(json).equals(version(api.get(path).is(200).json())));
          byte[] bytes = read.get();
          Reply put = api.request("PUT", path).body(PROTOBUF, bytes).send();
          // If they have written since, the bytes are of an older state.
          if (put.code() != 409) {
            ObjectNode after = put.is(200).json();
            assertThat(without(after)).isEqualTo(without(before));
          }
        });
  }

  private static String version(ObjectNode object) {
    return object.at("/metadata/resourceVersion").asText();
  }

  private static ObjectNode without(ObjectNode object) {
    object.withObject("/metadata").remove(List.of("managedFields", "resourceVersion"));
    object.remove("status");
    return object;
  }

  @Test
  void whatAWriteMakesIsAnsweredInProtobufToo() {
    String name = unique("made");
    HttpResponse<byte[]> made =
        api.request("POST", configMaps()).accept(PROTOBUF).body(configMap(name)).sendForBytes();
    assertThat(text(isProtobuf(made, 201))).contains(name);
  }

  @Test
  void aListIsAnsweredInProtobuf() {
    String path = makeConfigMap("listed");
    HttpResponse<byte[]> list = isProtobuf(get(configMaps(), PROTOBUF), 200);
    assertThat(text(list))
        .contains("ConfigMapList")
        .contains(path.substring(path.lastIndexOf('/') + 1));
  }

  @Test
  void anErrorIsAnsweredInProtobuf() {
    HttpResponse<byte[]> missing = get(configMaps() + "/none", PROTOBUF);
    assertThat(text(isProtobuf(missing, 404))).contains("configmaps \"none\" not found");
  }

  @Test
  void aClientThatAcceptsJsonBesideGetsWhatItNamesFirst() {
    String path = makeConfigMap("choice");
    isProtobuf(get(path, PROTOBUF + ",application/json"), 200);
    isProtobuf(get(path, PROTOBUF + ", */*"), 200);
    assertThat(type(get(path, "application/json," + PROTOBUF))).isEqualTo("application/json");
  }

  @Test
  void metadataAloneIsAnsweredInProtobuf() {
    String path = makeConfigMap("partial");
    assertThat(text(isProtobuf(get(path, PROTOBUF + PARTIAL), 200)))
        .contains("PartialObjectMetadata")
        .contains(path.substring(path.lastIndexOf('/') + 1));
  }

  @Test
  void tablesAreNotWrittenInProtobuf() {
    String table = ";as=Table;v=v1;g=meta.k8s.io";
    isNotAcceptable(get(configMaps(), PROTOBUF + table));
    HttpResponse<byte[]> next =
        get(configMaps(), PROTOBUF + table + ",application/json" + table + ",application/json");
    assertThat(type(next)).isEqualTo("application/json");
    assertThat(text(next)).contains("\"kind\":\"Table\"");
  }

  @Test
  void aWatchComesInFramesOfProtobuf() throws IOException {
    String path = makeConfigMap("watched");
    String name = path.substring(path.lastIndexOf('/') + 1);
    HttpResponse<InputStream> watch =
        api.request(
                "GET",
                configMaps() + "?watch=true&timeoutSeconds=30&fieldSelector=metadata.name=" + name)
            .accept(PROTOBUF)
            .sendForStream();
    assertThat(watch.statusCode()).isEqualTo(200);
    assertThat(type(watch)).isEqualTo(PROTOBUF + ";stream=watch");
    try (DataInputStream frames = new DataInputStream(watch.body())) {
      assertThat(frame(frames)).startsWith("\n\5ADDED\22").contains("k8s\0").contains(name);
      api.delete(path).is(200);
      assertThat(frame(frames)).startsWith("\n\7DELETED\22").contains(name);
    }
  }

  private static String frame(DataInputStream frames) throws IOException {
    return new String(frames.readNBytes(frames.readInt()), StandardCharsets.ISO_8859_1);
  }

  @Test
  void discoveryIsAnsweredInProtobuf() {
    assertThat(text(isProtobuf(get("/api/v1", PROTOBUF), 200))).contains("configmaps");
    assertThat(text(isProtobuf(get("/apis", PROTOBUF), 200))).contains("apps/v1");
    isProtobuf(get("/api", PROTOBUF), 200);
    isProtobuf(get("/apis/apps", PROTOBUF), 200);
  }

  @Test
  void reviewsAreAnsweredInProtobuf() {
    HttpResponse<byte[]> review =
        api.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
            .accept(PROTOBUF)
            .body(
                Wire.object(
                    """
                    {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview',
                      spec: {resourceAttributes: {verb: 'get', resource: 'pods'}}}
                    """))
            .sendForBytes();
    isProtobuf(review, 201);
  }

  private String madeCustomKind() {
    String group = unique("enc") + ".example.com";
    ObjectNode definition =
        Wire.object(
            """
            {apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
              metadata: {name: 'things.%1$s'}, spec: {group: '%1$s', scope: 'Namespaced',
                names: {plural: 'things', kind: 'Thing'}, versions: [{name: 'v1', served: true,
                  storage: true, schema: {openAPIV3Schema: {type: 'object'}}}]}}
            """,
            group);
    String definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    api.post(definitions, definition).is(201);
    backend.deleteAtEnd(definitions + "/things." + group);
    String things = path(group + "/v1", "things");
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> api.get(things).code() == 200);
    api.post(
            things,
            Wire.object("{apiVersion: '%s/v1', kind: 'Thing', metadata: {name: 'it'}}", group))
        .is(201);
    return things + "/it";
  }

  @Test
  void customKindsHaveNoProtobufFormButTheirMetadataHas() {
    String path = madeCustomKind();
    isNotAcceptable(get(path, PROTOBUF));
    assertThat(type(get(path, PROTOBUF + ",application/json"))).isEqualTo("application/json");
    isProtobuf(get(path, PROTOBUF + PARTIAL), 200);
    assertThat(type(get(path, YAML))).isEqualTo(YAML);
  }

  @Test
  void objectsAreAnsweredInYaml() throws IOException {
    String path = makeConfigMap("yaml");
    HttpResponse<byte[]> yaml = get(path, YAML);
    assertThat(yaml.statusCode()).isEqualTo(200);
    assertThat(type(yaml)).isEqualTo(YAML);
    JsonNode read = new YAMLMapper().readTree(yaml.body());
    assertThat(read).isEqualTo(api.get(path).is(200).json());
    HttpResponse<byte[]> list = get(configMaps(), YAML);
    assertThat(new YAMLMapper().readTree(list.body()).path("kind").asText())
        .isEqualTo("ConfigMapList");
    HttpResponse<byte[]> table = get(configMaps(), YAML + ";as=Table;v=v1;g=meta.k8s.io");
    assertThat(new YAMLMapper().readTree(table.body()).path("kind").asText()).isEqualTo("Table");
    HttpResponse<byte[]> missing = get(configMaps() + "/none", YAML);
    assertThat(type(missing)).isEqualTo(YAML);
    assertThat(missing.statusCode()).isEqualTo(404);
  }

  @Test
  void aWatchIsNotWrittenInYaml() {
    isNotAcceptable(get(configMaps() + "?watch=true&timeoutSeconds=1", YAML));
  }

  @Test
  void whatNobodyWritesIsNotAcceptable() {
    String path = makeConfigMap("odd");
    isNotAcceptable(get(path, "text/csv"));
    isNotAcceptable(get(path, "application/json;as=Chart;v=v1;g=meta.k8s.io"));
  }
}
