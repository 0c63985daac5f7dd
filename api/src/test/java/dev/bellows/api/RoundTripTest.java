package dev.bellows.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.Service;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What the client reads and writes again is what was there. */
class RoundTripTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final KubernetesSerialization client = new KubernetesSerialization();

  @Test
  void aServiceComesBackAsItWas() throws Exception {
    var service =
        comesBack(
            Service.class,
            """
            {"apiVersion":"serving.knative.dev/v1","kind":"Service",
             "metadata":{"name":"hello","generation":9007199254740993},
             "spec":{"template":{
                "metadata":{"annotations":{"autoscaling.knative.dev/target":"10"}},
                "spec":{"containerConcurrency":0,"timeoutSeconds":300,"enableServiceLinks":false,
                  "containers":[{"image":"dev.local/helloworld","name":"user-container",
                    "env":[{"name":"EMPTY","value":""}],
                    "resources":{"limits":{"cpu":"500m","memory":"1Gi"}},
                    "readinessProbe":{"successThreshold":1,"tcpSocket":{"port":0}}}],
                  "volumes":[{"name":"scratch","emptyDir":{}}]}},
              "traffic":[{"latestRevision":true,"percent":0},{"revisionName":"a","percent":100}]},
             "status":{"observedGeneration":1,"url":"http://hello.default.example.com",
               "conditions":[{"type":"Ready","status":"Unknown","reason":"Deploying"}]}}
            """);
    var template = Objects.requireNonNull(service.getSpec().template());
    assertThat(Objects.requireNonNull(template.spec()).podSpec().getContainers()).hasSize(1);
    assertThat(service.getStatus().isTrue(Condition.READY)).isFalse();
  }

  @Test
  void aRevisionSpecIsAPodSpecAndMoreInOneObject() throws Exception {
    var revision =
        comesBack(
            Revision.class,
            """
            {"apiVersion":"serving.knative.dev/v1","kind":"Revision","metadata":{"name":"a"},
             "spec":{"serviceAccountName":"x","containerConcurrency":9007199254740993,
               "containers":[{"image":"i"}],"idleTimeoutSeconds":0}}
            """);
    assertThat(revision.getSpec().containerConcurrency()).isEqualTo(9007199254740993L);
    assertThat(revision.getSpec().podSpec().getServiceAccountName()).isEqualTo("x");
    assertThat(revision.getSpec().podSpec().getAdditionalProperties()).isEmpty();
  }

  @Test
  void anIngressComesBackAsItWas() throws Exception {
    comesBack(
        KIngress.class,
        """
        {"apiVersion":"networking.internal.knative.dev/v1alpha1","kind":"Ingress",
         "metadata":{"name":"hello"},
         "spec":{"httpOption":"Enabled","rules":[{"hosts":["a.example.com"],
           "visibility":"ExternalIP","http":{"paths":[{"headers":{"K":{"exact":"v"}},
             "splits":[{"serviceNamespace":"default","serviceName":"s","servicePort":80,
               "percent":100,"appendHeaders":{"Knative-Serving-Revision":"s"}}]}]}}]},
         "status":{"privateLoadBalancer":{"ingress":[{"domainInternal":"d"}]}}}
        """);
  }

  @Test
  void aMetricKeepsItsEmptyTarget() throws Exception {
    comesBack(
        Metric.class,
        """
        {"apiVersion":"autoscaling.internal.knative.dev/v1alpha1","kind":"Metric",
         "metadata":{"name":"hello"},
         "spec":{"stableWindow":60000000000,"panicWindow":6000000000,"scrapeTarget":""}}
        """);
  }

  @Test
  void whatIsNotSetIsNotWritten() throws Exception {
    assertThat(new Route().getSpec()).isNull();
    comesBack(
        Route.class,
        """
        {"apiVersion":"serving.knative.dev/v1","kind":"Route","metadata":{"name":"r"},"spec":{}}
        """);
  }

  @Test
  void aFieldThatNobodyKnowsIsRead() {
    Service service =
        client.unmarshal("{\"spec\":{\"shape\":1},\"status\":{\"mood\":\"good\"}}", Service.class);
    assertThat(service.getSpec().traffic()).isEmpty();
  }

  private <T> T comesBack(Class<T> type, String json) throws Exception {
    T value = client.unmarshal(json, type);
    JsonNode written = JSON.readTree(client.asJson(value));
    assertThat(written).isEqualTo(JSON.readTree(json));
    return value;
  }
}
