package dev.bellows.embedded.network.namespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.probe.Probe;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.Sockets;
import dev.bellows.embedded.network.PodAddresses;
import dev.bellows.embedded.store.DataFiles;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamespaceNetworkTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  @TempDir Path home;
  private final EventLoopGroup loops = EventLoops.create("namespaces-test", 1);
  private final ProxyEngine engine = new ProxyEngine(loops, System::nanoTime);
  private final Prober prober = new Prober(loops);
  private NamespaceNetwork network;

  @BeforeAll
  static void needsRoot() {
    if (!"root".equals(System.getProperty("user.name"))) {
      if ("true".equals(System.getenv("CI"))) {
        fail("this takes root");
      }
      System.out.println("SKIPPED: this takes root");
      abort("this takes root");
    }
  }

  @BeforeEach
  void open() throws IOException {
    network = NamespaceNetwork.claim(home, engine);
  }

  @AfterEach
  void close() {
    network.close();
    engine.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void everyPodHasEveryPortForItselfAndLoopbackToo() throws IOException {
    PodAddresses one = network.attach("one", Set.of(8080));
    PodAddresses two = network.attach("two", Set.of(8080));
    assertThat(one.podIp()).isNotEqualTo(two.podIp());
    assertThat(one.port(8080)).isEqualTo(8080);
    try (ServerSocket _ = program(one, "127.0.0.1", 8080);
        ServerSocket _ = program(two, "127.0.0.1", 8080);
        ServerSocket _ = program(two, "0.0.0.0", 8081);
        Listener proxy =
            engine.listen(two.podIp(), 8012, List.of(each -> each.answer(Answer.text(200, ""))))) {
      Prober inOne = prober.in(engine.sockets(one.podIp()));
      assertThat(connects(inOne, "127.0.0.1", 8080)).isTrue();
      assertThat(connects(inOne, "127.0.0.1", 8081)).isFalse();
      for (Prober each : List.of(prober, inOne)) {
        assertThat(connects(each, two.podIp(), 8080)).isFalse(); // that is its loopback's alone
        assertThat(connects(each, two.podIp(), 8081)).isTrue();
        assertThat(connects(each, two.podIp(), proxy.address().port())).isTrue();
      }
      assertThat(proxy.address()).isEqualTo(new Address(two.podIp(), 8012));
    }
  }

  // Threads of any kind: a virtual one must not leave its carrier in there.
  @Test
  void whoWasInsideIsOutsideAgain() throws Exception {
    PodAddresses pod = network.attach("pod", Set.of());
    Sockets inside = engine.sockets(pod.podIp());
    Path outside = Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"));
    NetworkNamespace namespace = (NetworkNamespace) inside;
    assertThat(namespace.inside(() -> Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"))))
        .isEqualTo(Files.readSymbolicLink(namespace.path()))
        .isNotEqualTo(outside);
    assertThatThrownBy(() ->
            namespace.inside(() -> {
              throw new IOException("no luck");
            }))
        .isInstanceOf(IOException.class)
        .hasMessage("no luck");
    assertThat(Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"))).isEqualTo(outside);
    Thread.ofVirtual()
        .start(() -> {
          try {
            namespace.inside(() -> 0);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        })
        .join();
    Thread.ofVirtual()
        .start(() ->
            assertThat(Path.of("/proc/thread-self/ns/net"))
                .satisfies(file -> assertThat(Files.readSymbolicLink(file)).isEqualTo(outside)))
        .join();
  }

  @Test
  void aPodThatIsGoneIsNoPlaceToOpenSockets() {
    PodAddresses pod = network.attach("pod", Set.of());
    Sockets inside = engine.sockets(pod.podIp());
    network.detach("pod");
    assertThat(engine.sockets(pod.podIp())).isSameAs(Sockets.HERE);
    assertThatThrownBy(() -> EventLoops.clients(inside).newChannel())
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void nothingLeaksWhenPodsComeAndGo() throws IOException {
    churn(20); // what is loaded or opened once
    long files = openFiles();
    churn(100);
    assertThat(openFiles()).isLessThan(files + 20); // as many as are kept ready may differ
    network.close();
    assertThat(devices()).noneMatch(name -> name.equals(device()));
  }

  private void churn(int pods) {
    for (int i = 0; i < pods; i++) {
      network.attach("pod-" + i, Set.of());
      if (i >= 5) {
        network.detach("pod-" + (i - 5));
      }
    }
    for (int i = pods - 5; i < pods; i++) {
      network.detach("pod-" + i);
    }
  }

  @Test
  void twoDataDirectoriesHaveTwoNetworksAndOneKeepsItsOwn() throws IOException {
    String first = network.podCidr();
    DataFiles.ownerOnlyDirectory(home.resolve("other"));
    try (NamespaceNetwork other = NamespaceNetwork.claim(home.resolve("other"), engine)) {
      assertThat(other.podCidr()).isNotEqualTo(first);
      assertThat(other.nodeIp()).isNotEqualTo(network.nodeIp());
    }
    network.close();
    network = NamespaceNetwork.claim(home, engine);
    assertThat(network.podCidr()).isEqualTo(first);
  }

  @Test
  void theMachineReachesItsOwnAddressAndNobodyElseAnswers() {
    assertThat(devices()).contains(device());
    assertThatThrownBy(() -> new Socket(network.nodeIp(), 9).close())
        .isInstanceOf(IOException.class);
  }

  @Test
  void aNamespacesNameNeverBecomesAnotherFile() throws IOException {
    Path file = network.resolvConf("apps").orElseThrow();
    assertThat(Files.readString(file)).startsWith("search apps.svc.cluster.local ");
    for (String name : List.of("../x", "a/b", "", "A", ".")) {
      assertThatThrownBy(() -> network.resolvConf(name))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private ServerSocket program(PodAddresses pod, String ip, int port) throws IOException {
    NetworkNamespace namespace = (NetworkNamespace) engine.sockets(pod.podIp());
    return namespace.inside(() -> new ServerSocket(port, 1, InetAddress.ofLiteral(ip)));
  }

  private static boolean connects(Prober from, String ip, int port) {
    return from.ask(new Probe.TcpConnect(new Address(ip, port)), LIMIT)
        .toCompletableFuture()
        .join()
        .passed();
  }

  private String device() {
    String[] parts = network.nodeIp().split("\\.", -1);
    return "bellows" + parts[0] + "-" + parts[1];
  }

  private static List<String> devices() {
    try {
      return NetworkInterface.networkInterfaces().map(NetworkInterface::getName).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static long openFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }
}
