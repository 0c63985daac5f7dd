package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever has a good token gets in, however many have none. */
class VisitorsTest {
  private static final User OWNER = User.master("owner");
  private static final User ACCOUNT = User.serviceAccount("default", "a");

  private final Visitors visitors = new Visitors();

  private EmbeddedChannel arrive() {
    EmbeddedChannel connection = new EmbeddedChannel();
    visitors.arrived(connection);
    return connection;
  }

  @Test
  void aStrangerTooManyCostsTheOneThatHasBeenOneLongest() {
    EmbeddedChannel owner = arrive();
    assertThat(visitors.introduced(owner, OWNER)).isTrue();
    List<EmbeddedChannel> strangers = new ArrayList<>();
    for (int i = 0; i < Visitors.MAX_STRANGERS + 2; i++) {
      strangers.add(arrive());
    }

    assertThat(strangers.stream().map(Channel::isOpen).limit(3))
        .containsExactly(false, false, true);
    assertThat(strangers.getLast().isOpen()).isTrue();
    assertThat(owner.isOpen()).isTrue();
  }

  @Test
  void whoStaysAStrangerIsClosedAndOthersAreNot() {
    EmbeddedChannel stranger = arrive();
    EmbeddedChannel owner = arrive();
    visitors.introduced(owner, OWNER);

    for (EmbeddedChannel each : List.of(stranger, owner)) {
      each.advanceTimeBy(Visitors.STRANGER_PATIENCE.toMillis() + 1, TimeUnit.MILLISECONDS);
      each.runScheduledPendingTasks();
    }

    assertThat(stranger.isOpen()).isFalse();
    assertThat(owner.isOpen()).isTrue();
  }

  @Test
  void serviceAccountsCannotUseUpWhatIsTheOwners() {
    List<EmbeddedChannel> accounts = new ArrayList<>();
    for (int i = 0; i < Visitors.MAX_ACCOUNTS; i++) {
      EmbeddedChannel account = arrive();
      assertThat(visitors.introduced(account, ACCOUNT)).isTrue();
      accounts.add(account);
    }

    assertThat(visitors.introduced(arrive(), ACCOUNT)).isFalse();
    assertThat(visitors.introduced(arrive(), OWNER)).isTrue();
    accounts.getFirst().close();
    assertThat(visitors.introduced(arrive(), ACCOUNT)).isTrue();
  }

  @Test
  void theOwnerGetsInPastAThousandConnectionsThatSayNothing(@TempDir Path home) throws Exception {
    List<Socket> silent = new ArrayList<>();
    try (TestServer server = new TestServer(home)) {
      for (int i = 0; i < 1000; i++) {
        silent.add(new Socket(InetAddress.getLoopbackAddress(), server.server.port()));
      }
      try (KubernetesClient client =
          new KubernetesClientBuilder()
              .withConfig(Config.fromKubeconfig(Files.readString(server.server.kubeconfig())))
              .build()) {
        assertThat(client.namespaces().withName("default").get()).isNotNull();
      }
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }
}
