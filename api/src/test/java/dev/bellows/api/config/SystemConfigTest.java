package dev.bellows.api.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SystemConfigTest {
  @Test
  void theExamplesStateTheDefaults() throws Exception {
    for (ConfigMap each : DefaultConfigMaps.all()) {
      String name = each.getMetadata().getName();
      if (name.equals("config-domain") || name.equals("config-logging")) {
        continue; // have no settings of their own until somebody makes some
      }
      String example = Objects.requireNonNull(each.getData().get("_example"));
      Map<String, String> stated =
          new YAMLMapper().readValue(example, new TypeReference<Map<String, String>>() {});
      assertThat(SystemConfig.DEFAULT.with(name, stated))
          .as(name)
          .isEqualTo(new SystemConfig.Change.Accepted(SystemConfig.DEFAULT));
    }
  }

  @Test
  void aStartingInstallationIsValidAndCompleteAndRoutesToTheBuiltInGateway() {
    Map<String, Map<String, String>> data = new HashMap<>();
    DefaultConfigMaps.all("apps.test")
        .forEach(each -> data.put(each.getMetadata().getName(), each.getData()));
    assertThat(data.keySet()).allMatch(SystemConfig::knows).hasSize(10);
    SystemConfig config = SystemConfig.of(data);
    assertThat(config.network().ingressClass()).isEqualTo("bellows.ingress.networking.knative.dev");
    assertThat(config.domain().domainFor(Map.of(), "cluster.local")).isEqualTo("apps.test");
  }

  @Test
  void aBadChangeNamesTheKey() {
    assertThat(refusal("config-autoscaler", Map.of("stable-window", "1s")))
        .contains("stable-window = 1s, must be in [6s; 1h0m0s] range");
    assertThat(refusal("config-defaults", Map.of("revision-timeout-seconds", "soon")))
        .isEqualTo(
            "failed to parse \"revision-timeout-seconds\": strconv.ParseInt: parsing \"soon\":"
                + " invalid syntax");
    assertThat(refusal("config-defaults", Map.of("revision-timeout-seconds", "601")))
        .isEqualTo(
            "revision-timeout-seconds (601) cannot be greater than max-revision-timeout-seconds"
                + " (600)");
    assertThat(refusal("config-deployment", Map.of())).contains("cannot be empty");
    assertThat(refusal("config-gc", Map.of("max-non-active-revisions", "3"))).contains("(20)");
    assertThat(refusal("config-network", Map.of("domain-template", "{{.Nmae}}")))
        .contains("{{.Nmae}}");
    assertThat(refusal("config-network", Map.of("http-protocol", "maybe"))).contains("maybe");
    assertThat(refusal("config-observability", Map.of("metrics-protocol", "grpc")))
        .contains("metrics-endpoint");
    assertThat(refusal("config-leader-election", Map.of("buckets", "11"))).contains("10");
    assertThat(refusal("config-logging", Map.of("loglevel.activator", "loud"))).contains("loud");
    assertThat(refusal("config-domain", Map.of("a.b", "selector: 3"))).contains("a.b");
  }

  @Test
  void namesTheConfigMapThatCannotBeRead() {
    assertThatThrownBy(
            () -> SystemConfig.of(Map.of("config-gc", Map.of("min-non-active-revisions", "-1"))))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("config-gc: ");
  }

  @Test
  void unknownKeysAndUnknownFlagsAreIgnored() {
    assertThat(
            SystemConfig.of(
                Map.of(
                    "config-features", Map.of("multi-container", "perhaps", "new-thing", "on"),
                    "config-tracing", Map.of("backend", "none"))))
        .isEqualTo(SystemConfig.DEFAULT);
  }

  @Test
  void readsTheOldSpellings() {
    var deployment =
        DeploymentConfig.parse(
            Map.of(
                "queueSidecarImage", "a",
                "queueSidecarCPURequest", "50m",
                "progressDeadline", "120s"));
    assertThat(deployment.queueSidecarImage()).isEqualTo("a");
    assertThat(deployment.progressDeadline()).isEqualTo(Duration.ofMinutes(2));
    assertThat(deployment.queueSidecarResources().get("requests")).hasToString("{cpu=50m}");
    assertThat(NetworkConfig.parse(Map.of("ingress.class", "x")).ingressClass()).isEqualTo("x");
    assertThat(NetworkConfig.parse(Map.of("auto-tls", "Enabled")).externalDomainTls()).isTrue();
    assertThat(NetworkConfig.parse(Map.of("internal-encryption", "true")).systemInternalTls())
        .isTrue();
  }

  @Test
  void theMostSpecificDomainWins() {
    var domains =
        DomainConfig.parse(
            Map.of(
                "b.com", "",
                "a.com", "",
                "team.com", "selector:\n  app: x\n",
                "type.com", "selector:\n  app: y\ntype: wildcard\n"));
    assertThat(domains.domainFor(Map.of("app", "x"), "cluster.local")).isEqualTo("team.com");
    assertThat(domains.domainFor(Map.of("app", "z"), "cluster.local")).isEqualTo("a.com");
    assertThat(
            domains.domainFor(
                Map.of("networking.knative.dev/visibility", "cluster-local"), "cluster.local"))
        .isEqualTo("svc.cluster.local");
    assertThat(new DomainConfig(Map.of()).domainFor(Map.of(), "lab.internal"))
        .isEqualTo("svc.lab.internal");
  }

  @Test
  void runtimeClassesGoByTheMostSpecificSelector() {
    var deployment =
        DeploymentConfig.parse(
            Map.of(
                "queue-sidecar-image", "a",
                "runtime-class-name", "kata: {}\ngvisor:\n  selector:\n    my: app\n"));
    assertThat(deployment.runtimeClassName(Map.of("my", "app"))).hasValue("gvisor");
    assertThat(deployment.runtimeClassName(Map.of())).hasValue("kata");
  }

  @Test
  void disabledTakesALimitAway() {
    var gc =
        GcConfig.parse(
            Map.of("retain-since-create-time", "disabled", "max-non-active-revisions", "Disabled"));
    assertThat(gc.retention().sinceCreateTime()).isEmpty();
    assertThat(gc.retention().maxNonActiveRevisions()).isEmpty();
    assertThat(gc.retention().sinceLastActiveTime()).isEqualTo(Optional.of(Duration.ofHours(15)));
  }

  @Test
  void namesAreMadeFromTemplates() {
    var values =
        new NameTemplate.Values(
            Map.of("Name", "a", "Namespace", "b", "Domain", "c.d"),
            Map.of("Labels", Map.of("team", "x"), "Annotations", Map.of("e.com/sub", "y")));
    var network =
        NetworkConfig.parse(
            Map.of(
                "domain-template",
                "{{.Name}}-{{ .Labels.team }}.{{index .Annotations \"e.com/sub\"}}.{{- .Domain"
                    + " -}} "));
    assertThat(network.domainTemplate().render(values)).isEqualTo("a-x.y.c.d");
    assertThat(NetworkConfig.DEFAULT.domainTemplate().render(values)).isEqualTo("a.b.c.d");
  }

  private static String refusal(String name, Map<String, String> data) {
    return switch (SystemConfig.DEFAULT.with(name, data)) {
      case SystemConfig.Change.Accepted _ -> throw new AssertionError("accepted " + data);
      case SystemConfig.Change.Refused(String message) -> message;
    };
  }
}
