package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.controlplane.watch.Informers;
import dev.bellows.controlplane.watch.PlainWatches;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.embedded.apiserver.ApiServer;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.NodeAccess;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An informer that outlives its server, again and again. {@code -Drestarts=1000} for longer. */
class RestartedServerTest {
  private static final int RESTARTS = Integer.getInteger("restarts", 20);
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path home;
  private DataDirectory directory;
  private ObjectStore store;
  private Registry registry;
  private ApiServer server;
  private int port;

  private void open() throws IOException {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
    registry = Registry.open(store, InstantSource.system(), List.of());
    server =
        ApiServer.start(
            registry,
            NodeAccess.withoutNode((pod, options) -> new ByteArrayInputStream(new byte[0])),
            directory,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    port = server.port();
  }

  @AfterEach
  void close() {
    server.close();
    store.close();
    directory.close();
  }

  @Test
  void anInformerMissesNothingAndHearsNothingTwiceWhileItsServerIsRestarted() throws Exception {
    System.out.printf("RestartedServerTest: repeat with -Dseed=%d -Drestarts=%d%n", SEED, RESTARTS);
    Random random = new Random(SEED);
    open();
    ObjectNode namespace = JsonNodeFactory.instance.objectNode();
    namespace.putObject("metadata").put("name", "default");
    registry.create(ResourceTypes.NAMESPACES, namespace);
    Map<String, String> living = new TreeMap<>();
    List<String> dead = new ArrayList<>();
    Api api = Api.of(Files.readString(server.kubeconfig()));
    try (Informer informer = new Informer(api, "/api/v1/namespaces/default/configmaps")) {
      for (int restart = 0; restart < RESTARTS; restart++) {
        for (int i = 0; i < 5; i++) {
          write(random, living, dead);
        }
        if (random.nextBoolean()) {
          await(informer::versions, living);
        }
        close();
        open();
        for (int i = 0; i < 5; i++) {
          write(random, living, dead);
        }
        await(informer::versions, living);
      }
      living.forEach((name, uid) -> check(informer.life(uid), false));
      dead.forEach(uid -> check(informer.life(uid), true));
    }
  }

  /**
   * The same with the control plane's own views: fabric8's informers reconnect after a second, so
   * fewer times.
   */
  @Test
  void theControlPlanesViewsFollowAServerThatIsRestarted() throws Exception {
    int restarts = Integer.getInteger("restarts", 4);
    System.out.printf("RestartedServerTest: views, -Dseed=%d -Drestarts=%d%n", SEED, restarts);
    Random random = new Random(SEED);
    open();
    ObjectNode namespace = JsonNodeFactory.instance.objectNode();
    namespace.putObject("metadata").put("name", "default");
    registry.create(ResourceTypes.NAMESPACES, namespace);
    Map<String, String> living = new TreeMap<>();
    Config config = Config.fromKubeconfig(Files.readString(server.kubeconfig()));
    try (KubernetesClient client = PlainWatches.client(config);
        Informers informers = new Informers(client)) {
      Watched<ConfigMap> view = informers.watchConfigMaps("default");
      informers.watch(Pod.class);
      informers.start(PATIENCE);
      for (int restart = 0; restart < restarts; restart++) {
        write(random, living, new ArrayList<>());
        if (random.nextBoolean()) {
          await(() -> versions(view), living);
        }
        close();
        if (random.nextBoolean()) {
          // Long enough for attempts that fail.
          Awaitility.await().pollDelay(Duration.ofMillis(random.nextInt(1_500))).until(() -> true);
        }
        open();
        write(random, living, new ArrayList<>());
        await(() -> versions(view), living);
      }
    }
  }

  private static Map<String, String> versions(Watched<ConfigMap> view) {
    Map<String, String> versions = new TreeMap<>();
    view.all()
        .forEach(each ->
            versions.put(each.getMetadata().getName(), each.getMetadata().getResourceVersion()));
    return versions;
  }

  private void write(Random random, Map<String, String> living, List<String> dead) {
    int what = random.nextInt(10);
    String name = "c" + random.nextInt(30);
    if (!living.containsKey(name)) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      object.putObject("metadata").put("name", name).put("namespace", "default");
      ObjectNode made = registry.create(ResourceTypes.CONFIG_MAPS, object);
      living.put(name, made.path("metadata").path("uid").asText());
    } else if (what < 3) {
      registry.delete(ResourceTypes.CONFIG_MAPS, "default", name, DeleteOptions.DEFAULT);
      dead.add(living.remove(name));
    } else {
      registry.edit(
          ResourceTypes.CONFIG_MAPS,
          "default",
          name,
          object -> {
            object.withObjectProperty("data").put("n", Long.toString(random.nextLong()));
            return object;
          });
    }
  }

  /** Waits until the informer shows what there is, in the version in which it is there. */
  private void await(Supplier<Map<String, String>> versions, Map<String, String> living) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .untilAsserted(() -> {
          Map<String, String> wanted = new TreeMap<>();
          for (String name : living.keySet()) {
            wanted.put(
                name,
                registry
                    .get(ResourceTypes.CONFIG_MAPS, "default", name)
                    .path("metadata")
                    .path("resourceVersion")
                    .asText());
          }
          assertThat(versions.get()).as("seed %d", SEED).isEqualTo(wanted);
        });
  }

  /** One beginning, one end, and nothing that was told twice in between. */
  private static void check(List<String> life, boolean gone) {
    if (life.isEmpty()) {
      // It came and went while nobody could be told.
      assertThat(gone).as("an object that is there was never told, seed %d", SEED).isTrue();
      return;
    }
    assertThat(life).as("seed %d", SEED).doesNotHaveDuplicates();
    assertThat(life.getFirst()).as("seed %d: %s", SEED, life).startsWith("added");
    assertThat(life.stream().filter(event -> event.startsWith("added"))).hasSize(1);
    assertThat(life.stream().filter(event -> event.equals("deleted"))).hasSize(gone ? 1 : 0);
    if (gone) {
      assertThat(life.getLast()).isEqualTo("deleted");
    }
  }
}
