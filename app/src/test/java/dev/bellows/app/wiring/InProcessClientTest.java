package dev.bellows.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.embedded.apiserver.ApiServer;
import dev.bellows.embedded.apiserver.NodeAccess;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InProcessClientTest {
  private static final long PATIENCE_SECONDS = 60;

  private DataDirectory directory;
  private ObjectStore store;
  private ApiServer server;
  private KubernetesClient client;

  @BeforeEach
  void start(@TempDir Path home) throws IOException {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
    server =
        ApiServer.start(
            Registry.open(store, Clock.systemUTC(), List.of()),
            NodeAccess.withoutNode((pod, options) -> new ByteArrayInputStream(new byte[0])),
            directory,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    client = client(server.token(ApiServer.Role.CONTROL_PLANE));
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName("default").endMetadata().build())
        .create();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
    store.close();
    directory.close();
  }

  @Test
  void everyVerbIsAnswered() {
    ConfigMap made = client.resource(settings("color", "red")).create();
    assertThat(made.getMetadata().getUid()).isNotEmpty();

    client
        .resource(made)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"color\":null}}");
    assertThat(read().getData()).isNullOrEmpty();

    client.resource(settings("color", "blue")).update();
    assertThat(client.configMaps().inNamespace("default").list().getItems())
        .extracting(ConfigMap::getData)
        .containsExactly(Map.of("color", "blue"));

    client.resource(made).delete();
    assertThat(read()).isNull();
  }

  @Test
  void aRefusalSaysWhatItSaysOverHttp() {
    client.resource(settings("color", "red")).create();

    assertThatThrownBy(() -> client.resource(settings("color", "red")).create())
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            refusal -> {
              assertThat(refusal.getCode()).isEqualTo(409);
              assertThat(refusal.getStatus().getReason()).isEqualTo("AlreadyExists");
              assertThat(refusal.getStatus().getMessage())
                  .isEqualTo("configmaps \"settings\" already exists");
            });
  }

  @Test
  void whoseTokenIsNotKnownIsRefused() {
    try (KubernetesClient stranger = client("nobody")) {
      assertThatThrownBy(() -> stranger.configMaps().inNamespace("default").list())
          .isInstanceOfSatisfying(
              KubernetesClientException.class,
              refusal -> assertThat(refusal.getCode()).isEqualTo(401));
    }
  }

  @Test
  void anUpdateKeepsWhoOwnsWhichField() {
    client.resource(settings("color", "red")).create();
    client.resource(read()).update();

    assertThat(read().getMetadata().getManagedFields()).isEmpty();
    String stored =
        store.list("configmaps", "default").entries().stream()
            .map(entry -> new String(entry.value(), StandardCharsets.UTF_8))
            .findFirst()
            .orElseThrow();
    assertThat(stored).contains("\"managedFields\":[{").contains("f:color");
  }

  @Test
  void aWatchTellsEachChangeUntilItIsClosed() throws InterruptedException {
    Heard heard = new Heard();
    try (Watch _ = client.configMaps().inNamespace("default").watch(heard)) {
      ConfigMap made = client.resource(settings("color", "red")).create();
      client.resource(settings("color", "blue")).update();
      client.resource(made).delete();

      assertThat(heard.next()).isEqualTo("ADDED {color=red}");
      assertThat(heard.next()).isEqualTo("MODIFIED {color=blue}");
      assertThat(heard.next()).isEqualTo("DELETED {color=blue}");
    }
    assertThat(heard.next()).isEqualTo("closed");

    client.resource(settings("color", "red")).create();
    assertThat(heard.events).isEmpty();
  }

  @Test
  void anInformerSeesWhatThereIsAndWhatComes() throws InterruptedException {
    client.resource(settings("color", "red")).create();
    try (SharedIndexInformer<ConfigMap> informer =
        client.configMaps().inNamespace("default").inform()) {
      assertThat(informer.getStore().list())
          .extracting(ConfigMap::getData)
          .containsExactly(Map.of("color", "red"));

      client.resource(settings("color", "blue")).update();

      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (!informer.getStore().list().getFirst().getData().containsValue("blue")) {
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void anInformerSeesWhatComesWhileVirtualThreadsTakeEveryProcessor() throws InterruptedException {
    AtomicBoolean seen = new AtomicBoolean();
    List<Thread> busy = new ArrayList<>();
    try (SharedIndexInformer<ConfigMap> informer =
        client.configMaps().inNamespace("default").inform()) {
      CountDownLatch running = new CountDownLatch(Runtime.getRuntime().availableProcessors());
      for (long i = running.getCount(); i > 0; i--) {
        busy.add(
            Thread.startVirtualThread(() -> {
              running.countDown();
              while (!seen.get()) {
                Thread.onSpinWait();
              }
            }));
      }
      assertThat(running.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

      client.resource(settings("color", "red")).create();

      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (informer.getStore().list().isEmpty() && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      assertThat(informer.getStore().list()).hasSize(1);
    } finally {
      seen.set(true);
      for (Thread each : busy) {
        each.join();
      }
    }
  }

  private KubernetesClient client(String token) {
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl(server.url())
            .withOauthToken(token)
            .withRequestRetryBackoffLimit(0)
            .build();
    return InProcessClient.of(server.inProcess(), config);
  }

  private @Nullable ConfigMap read() {
    return client.configMaps().inNamespace("default").withName("settings").get();
  }

  private static ConfigMap settings(String key, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName("settings")
        .endMetadata()
        .withData(Map.of(key, value))
        .build();
  }

  /** What a watch has told. */
  private static final class Heard implements Watcher<ConfigMap> {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void eventReceived(Action action, ConfigMap object) {
      events.add(action + " " + object.getData());
    }

    @Override
    public void onClose(WatcherException cause) {
      events.add("failed");
    }

    @Override
    public void onClose() {
      events.add("closed");
    }

    @Nullable String next() throws InterruptedException {
      return events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }
}
