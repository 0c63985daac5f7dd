package dev.bellows.dataplane.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.Ingress.HttpOption;
import dev.bellows.core.route.Ingress.Path;
import dev.bellows.core.route.Ingress.Rule;
import dev.bellows.core.route.Ingress.Split;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutesTest {
  private static final Set<Visibility> EXTERNAL = Set.of(Visibility.EXTERNAL_IP);
  private static final Set<Visibility> BOTH = Set.of(Visibility.values());

  private final Routes routes = new Routes();

  @Test
  void aHostIsFoundWhateverItsCaseAndPort() {
    tell(ingress("a", rule("hello.example.com", path("", Map.of(), split("hello", 100)))));

    assertThat(RoutingTable.hostOf("Hello.Example.com.:8080")).isEqualTo("hello.example.com");
    assertThat(RoutingTable.hostOf("[::1]:8080")).isEqualTo("[::1]");
    assertThat(RoutingTable.hostOf("[::1]")).isEqualTo("[::1]");
    assertThat(service("hello.example.com", "/")).isEqualTo("hello");
    assertThat(match("other.example.com", "/", Map.of())).isInstanceOf(Match.UnknownHost.class);
  }

  @Test
  void theLongestPrefixWithMatchingHeadersWins() {
    tell(
        ingress(
            "a",
            rule(
                "h",
                path("", Map.of(), split("root", 100)),
                path("/api", Map.of(), split("api", 100)),
                path("/api", Map.of("Knative-Serving-Tag", "blue"), split("blue", 100)),
                path("/api/v1", Map.of(), split("v1", 100)))));

    assertThat(service("h", "/")).isEqualTo("root");
    assertThat(service("h", "/api/v2")).isEqualTo("api");
    assertThat(service("h", "/api/v1/x")).isEqualTo("v1");
    assertThat(name(match("h", "/api", Map.of("Knative-Serving-Tag", "blue")))).isEqualTo("blue");
    assertThat(name(match("h", "/api", Map.of("Knative-Serving-Tag", "red")))).isEqualTo("api");
  }

  @Test
  void aKnownHostWithoutAMatchingPathIsToldApart() {
    tell(ingress("a", rule("h", path("/only", Map.of(), split("only", 100)))));

    assertThat(match("h", "/other", Map.of())).isInstanceOf(Match.UnknownPath.class);
  }

  @Test
  void eachListenerAnswersForItsOwnRules() {
    tell(
        ingress(
            "a",
            new Rule(
                List.of("hello.default.svc.cluster.local"),
                Visibility.CLUSTER_LOCAL,
                List.of(path("", Map.of(), split("hello", 100))))));

    RoutingTable table = routes.table();
    String host = "hello.default.svc.cluster.local";
    assertThat(table.match(EXTERNAL, host, "/", _ -> null)).isInstanceOf(Match.UnknownHost.class);
    assertThat(table.match(BOTH, host, "/", _ -> null)).isInstanceOf(Route.class);
  }

  @Test
  void sharesAreExactAndSmooth() {
    tell(ingress("a", rule("h", path("", Map.of(), split("a", 90), split("b", 7), split("c", 3)))));
    List<String> sequence = IntStream.range(0, 1000).mapToObj(_ -> service("h", "/")).toList();
    Map<String, Integer> counts = new HashMap<>();
    sequence.forEach(name -> counts.merge(name, 1, Integer::sum));

    assertThat(counts).containsExactlyInAnyOrderEntriesOf(Map.of("a", 900, "b", 70, "c", 30));
    for (int start = 0; start + 20 <= sequence.size(); start++) {
      assertThat(sequence.subList(start, start + 20).stream().filter("b"::equals).count())
          .as("b comes neither late nor in a run")
          .isBetween(1L, 2L);
    }
  }

  @Test
  void aRouteThatIsToldAgainKeepsItsTurn() {
    Ingress ingress = ingress("a", rule("h", path("", Map.of(), split("a", 50), split("b", 50))));
    tell(ingress);
    assertThat(service("h", "/")).isEqualTo("a");

    tell(ingress);
    tell(ingress("z", rule("elsewhere", path("", Map.of(), split("x", 100)))));

    assertThat(service("h", "/")).isEqualTo("b");
  }

  @Test
  void aSingleSplitNeedsNoShare() {
    tell(ingress("a", rule("h", path("", Map.of(), split("a", 0)))));

    assertThat(service("h", "/")).isEqualTo("a");
  }

  @Test
  void aDeletedIngressIsRoutedNoLonger() {
    tell(ingress("a", rule("h", path("", Map.of(), split("a", 100)))));
    routes.onIngressDeleted("default", "a");

    assertThat(match("h", "/", Map.of())).isInstanceOf(Match.UnknownHost.class);
  }

  @Test
  void addressesAreUsedInTurnAndTheBusierOneLess() {
    EndpointPool pool = EndpointPool.EMPTY.with(port(3));
    List<Endpoint> first = pick(pool, 3);
    assertThat(new HashSet<>(first)).hasSize(3);

    first.get(0).requestIn();
    first.get(0).requestIn();
    assertThat(pick(pool, 6)).doesNotContain(first.get(0));
  }

  @Test
  void anAddressThatCouldNotBeReachedIsAvoidedWhileThereIsAnother() {
    EndpointPool pool = EndpointPool.EMPTY.with(port(2));
    Endpoint bad = pick(pool, 1).getFirst();
    bad.avoidUntil(1_000);

    assertThat(pick(pool, 4)).doesNotContain(bad);
    EndpointPool alone =
        pool.with(
            new ServicePort(Protocol.HTTP1, new Endpoints(List.of(bad.address()), List.of())));
    assertThat(alone.pick(0, List.of())).isSameAs(bad);
    assertThat(alone.pick(0, List.of(bad))).isNull();
    assertThat(bad.avoidedAt(999)).isTrue();
    assertThat(bad.avoidedAt(1_000)).isFalse();
  }

  @Test
  void endpointsThatStayKeepWhatIsKnownOfThem() {
    ServiceId hello = new ServiceId("default", "hello");
    tell(ingress("a", rule("h", path("", Map.of(), split("hello", 100)))));
    Route.Target target = ((Route) match("h", "/", Map.of())).next();
    assertThat(target.backend().exists()).isFalse();

    routes.onService(hello, Map.of("80", port(1)));
    Endpoint before = target.pool().pick(0, List.of());
    routes.onService(hello, Map.of("80", port(2)));
    assertThat(pick(target.pool(), 2)).contains(before);

    routes.onServiceDeleted(hello);
    assertThat(target.backend().exists()).isFalse();
    assertThat(target.pool().isEmpty()).isTrue();
    routes.onService(hello, Map.of("80", port(1)));
    assertThat(((Route) match("h", "/", Map.of())).next().pool().isEmpty()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*/*|TEXT",
        "''|TEXT",
        "application/json|JSON",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8|HTML",
        "application/json, text/html;q=0.5|JSON",
        "Text/HTML|HTML"
      })
  void whatIsMissingIsSaidInTheFormThatIsNamedFirst(String accept, Missing.Form form) {
    assertThat(Missing.Form.accepted(accept)).isEqualTo(form);
  }

  private void tell(Ingress ingress) {
    routes.onIngress(ingress);
  }

  private Match match(String host, String path, Map<String, String> headers) {
    return routes.table().match(EXTERNAL, host, path, headers::get);
  }

  private String service(String host, String path) {
    return name(match(host, path, Map.of()));
  }

  private static String name(Match match) {
    return ((Route) match).next().backend().service().name();
  }

  private static List<Endpoint> pick(EndpointPool pool, int times) {
    List<Endpoint> picked = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      picked.add(Objects.requireNonNull(pool.pick(0, List.of())));
    }
    return picked;
  }

  private static Ingress ingress(String name, Rule... rules) {
    return new Ingress("default", name, 1, HttpOption.ENABLED, List.of(), List.of(rules));
  }

  private static Rule rule(String host, Path... paths) {
    return new Rule(List.of(host), Visibility.EXTERNAL_IP, List.of(paths));
  }

  private static Path path(String prefix, Map<String, String> headers, Split... splits) {
    return new Path(prefix, headers, "", Map.of(), List.of(splits));
  }

  private static Split split(String service, int percent) {
    return new Split(new ServiceId("default", service), "80", percent, Map.of());
  }

  private static ServicePort port(int count) {
    return new ServicePort(Protocol.HTTP1, new Endpoints(addresses(count), List.of()));
  }

  private static List<Address> addresses(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> new Address("10.0.0." + i, 80)).toList();
  }
}
