package dev.bellows.controlplane.reconcile.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.api.config.InvalidConfigException;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.Step;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A namespace that is selected gets one certificate for all its hosts, and no other one. */
class WildcardPlanTest {
  private static final String SHOPS = "matchLabels: {team: shop}";

  @Test
  void aSelectedNamespaceGetsOneForAllItsHosts() {
    Certificate made = made(plan(namespace("team", "shop"), List.of(), SHOPS));
    assertThat(made.getSpec().dnsNames()).containsExactly("*.front.example.com");
    assertThat(made.getSpec().domain()).isEqualTo("example.com");
    assertThat(made.getMetadata().getName()).isEqualTo("front.example.com");
    assertThat(made.getMetadata().getNamespace()).isEqualTo("front");
    assertThat(Wildcards.covers(made, "hello.front.example.com")).isTrue();
    assertThat(Wildcards.covers(made, "hello.other.example.com")).isFalse();
    assertThat(Wildcards.covers(made, "a.b.front.example.com")).isFalse();
    assertThat(plan(namespace("team", "shop"), List.of(made), SHOPS).steps()).isEmpty();
  }

  @Test
  void oneThatIsNoLongerSelectedLosesIt() {
    Certificate made = made(plan(namespace("team", "shop"), List.of(), SHOPS));
    assertThat(plan(namespace("team", "else"), List.of(made), SHOPS).steps())
        .hasSize(1)
        .allMatch(Step.Delete.class::isInstance);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|true",
        "matchExpressions: [{key: team, operator: In, values: [shop, till]}]|true",
        "matchExpressions: [{key: team, operator: NotIn, values: [shop]}]|false",
        "matchExpressions: [{key: team, operator: Exists}]|true",
        "matchExpressions: [{key: team, operator: DoesNotExist}]|false",
        "matchLabels: {team: till}|false",
        "''|false",
      })
  void namespacesAreSelectedByTheirLabels(String selector, boolean selected) {
    assertThat(plan(namespace("team", "shop"), List.of(), selector).steps().isEmpty())
        .isEqualTo(!selected);
  }

  @Test
  void withoutTheOptionNoneIsAskedFor() {
    SystemConfig off = config(Map.of("namespace-wildcard-cert-selector", "{}"));
    assertThat(WildcardPlan.plan(namespace("a", "b"), List.of(), off, "cluster.local").steps())
        .isEmpty();
  }

  @Test
  void aTemplateThatPutsTheNameElsewhereIsTold() {
    SystemConfig config =
        config(
            Map.of(
                "external-domain-tls", "enabled",
                "namespace-wildcard-cert-selector", "{}",
                "domain-template", "{{.Namespace}}.{{.Name}}.{{.Domain}}"));
    assertThat(WildcardPlan.plan(namespace("a", "b"), List.of(), config, "cluster.local").outcome())
        .isInstanceOf(Outcome.Failed.class);
  }

  @Test
  void aSelectorThatIsNoneIsRefused() {
    assertThatThrownBy(() ->
            config(
                Map.of(
                    "namespace-wildcard-cert-selector",
                    "matchExpressions: [{key: a, operator: Like}]")))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("\"Like\" is not a valid label selector operator");
  }

  private static Plan plan(Namespace namespace, List<Certificate> present, String selector) {
    return WildcardPlan.plan(
        namespace,
        present,
        config(
            Map.of("external-domain-tls", "enabled", "namespace-wildcard-cert-selector", selector)),
        "cluster.local");
  }

  private static SystemConfig config(Map<String, String> network) {
    return SystemConfig.of(
        Map.of(
            "config-network", new HashMap<>(network), "config-domain", Map.of("example.com", "")));
  }

  private static Certificate made(Plan plan) {
    return plan.steps().stream()
        .filter(Step.Create.class::isInstance)
        .map(Step.Create.class::cast)
        .map(step -> (Certificate) step.object())
        .findFirst()
        .orElseThrow();
  }

  private static Namespace namespace(String label, String value) {
    return new NamespaceBuilder()
        .withNewMetadata()
        .withName("front")
        .withUid("ns-1")
        .addToLabels(label, value)
        .endMetadata()
        .build();
  }
}
