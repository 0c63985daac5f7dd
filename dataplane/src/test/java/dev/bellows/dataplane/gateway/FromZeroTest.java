package dev.bellows.dataplane.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
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
import dev.bellows.core.stat.StatMessage;
import dev.bellows.dataplane.activator.Activator;
import dev.bellows.dataplane.activator.ActivatorConfigs;
import dev.bellows.dataplane.activator.TestPod;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.stats.StatServer;
import io.netty.channel.EventLoopGroup;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** All roles of one JVM: a request at zero wakes its pod through the autoscaler's own socket. */
class FromZeroTest {
  private static final RevisionId ID = new RevisionId("default", "hello-00001");
  private static final ServiceId SERVICE = new ServiceId("default", "hello-00001");

  @Test
  void twoHundredRequestsWakeAPodAndAreEachAnsweredOnce() throws Exception {
    EventLoopGroup loops = EventLoops.create("from-zero", 2);
    BlockingQueue<StatMessage> reported = new LinkedBlockingQueue<>();
    try (ProxyEngine engine = new ProxyEngine(loops, System::nanoTime);
        StatServer autoscaler =
            StatServer.start(
                loops, "127.0.0.1", 0, _ -> true, InstantSource.system(), reported::addAll);
        StatClient stats =
            StatClient.connect(loops, URI.create("ws://" + autoscaler.address()), new Random(1));
        Activator activator =
            Activator.start(
                engine,
                ActivatorConfigs.onLoopback("127.0.0.1"),
                stats,
                System::nanoTime,
                Random::new);
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      await().until(stats::reachable);
      Gateway gateway = new Gateway(System::nanoTime);
      Listener front = gateway.listen(engine, "127.0.0.1", 0, Set.of(Visibility.EXTERNAL_IP));
      activator.revisions().onRevision(revision());
      gateway.routes().onIngress(ingress());
      gateway.routes().onService(SERVICE, ready(activator.address()));

      List<CompletableFuture<HttpResponse<String>>> answers =
          IntStream.range(0, 200)
              .mapToObj(i ->
                  client.sendAsync(
                      HttpRequest.newBuilder(URI.create("http://" + front.address() + "/?id=" + i))
                          .POST(BodyPublishers.ofString("body of " + i))
                          .build(),
                      BodyHandlers.ofString()))
              .toList();
      StatMessage first = reported.poll(10, TimeUnit.SECONDS);
      assertThat(first.revision()).isEqualTo(ID);

      try (TestPod pod = new TestPod(engine, "woken", 1, true)) {
        activator
            .revisions()
            .onPrivateEndpoints(
                ID, new Endpoints(List.of(), List.of(pod.address())), Optional.empty());
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
          assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo("woken");
        }
        gateway.routes().onService(SERVICE, ready(pod.address()));
        assertThat(
                client
                    .send(
                        HttpRequest.newBuilder(
                                URI.create("http://" + front.address() + "/?id=direct"))
                            .build(),
                        BodyHandlers.ofString())
                    .body())
            .isEqualTo("woken");

        assertThat(pod.timesById().values()).containsOnly(1).hasSize(201);
        assertThat(
                pod.requests().stream()
                    .collect(
                        Collectors.groupingBy(
                            seen -> seen.get("K-Proxy-Request", "direct"), Collectors.counting())))
            .isEqualTo(Map.of("activator", 200L, "direct", 1L));
        assertThat(pod.requests())
            .allMatch(seen ->
                seen.get("K-Original-Host", "").isEmpty()
                    || seen.get("K-Original-Host").equals(front.address().toString()));
      }
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  private static Map<String, ServicePort> ready(Address address) {
    return Map.of(
        "80", new ServicePort(Protocol.HTTP1, new Endpoints(List.of(address), List.of())));
  }

  private static Ingress ingress() {
    Split split =
        new Split(
            SERVICE,
            "80",
            100,
            Map.of(
                "Knative-Serving-Revision", ID.name(),
                "Knative-Serving-Namespace", ID.namespace()));
    Path path = new Path("", Map.of(), "", Map.of(), List.of(split));
    return new Ingress(
        "default",
        "hello",
        1,
        HttpOption.ENABLED,
        List.of(),
        List.of(new Rule(List.of("127.0.0.1"), Visibility.EXTERNAL_IP, List.of(path))));
  }

  private static Revision revision() {
    return new Revision(
        ID,
        "hello",
        "hello",
        Protocol.HTTP1,
        10,
        Duration.ofSeconds(30),
        Duration.ZERO,
        Duration.ZERO,
        false,
        false);
  }
}
