package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.controlplane.watch.Informers;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An informer and a view of the control plane that outlive a server which {@code kill -9} ends, in
 * a JVM of its own. {@code -Dkills=50} for longer.
 */
class KilledServerTest {
  private static final int KILLS = Integer.getInteger("kills", 3);
  private static final int WRITES = 5;
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String COLLECTION = "/api/v1/namespaces/default/configmaps";

  private final Random random = new Random(SEED);
  private final Map<String, String> living = new TreeMap<>();
  private final List<String> dead = new ArrayList<>();

  @TempDir private Path home;
  private String kubeconfig;
  private int port;
  private Api api;

  @BeforeEach
  void chooseAPort() throws Exception {
    System.out.printf("KilledServerTest: repeat with -Dseed=%d -Dkills=%d%n", SEED, KILLS);
    try (ServedDirectory first = new ServedDirectory(home, 0)) {
      port = first.port();
      kubeconfig = Files.readString(home.resolve("kubeconfig"));
      api = Api.of(kubeconfig);
    }
  }

  @Test
  void whoFollowsMissesNothingAndHearsNothingTwiceWhileTheServerIsKilled() throws Exception {
    ServedDirectory.Killable server = new ServedDirectory.Killable(home, port);
    Config config = Config.fromKubeconfig(kubeconfig);
    try (Informer informer = new Informer(Api.of(kubeconfig), COLLECTION);
        KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
        Informers informers = new Informers(client)) {
      Watched<ConfigMap> view = informers.watchConfigMaps("default");
      informers.start(PATIENCE);
      for (int kill = 0; kill < KILLS; kill++) {
        write();
        if (random.nextBoolean()) {
          await(informer::versions);
        }
        server.close();
        server = new ServedDirectory.Killable(home, port);
        awaitServed();
        write();
        await(informer::versions);
        await(() -> versions(view));
      }
      living.forEach((name, uid) -> check(informer.life(uid), false));
      dead.forEach(uid -> check(informer.life(uid), true));
    } finally {
      server.close();
    }
  }

  private static Map<String, String> versions(Watched<ConfigMap> view) {
    Map<String, String> versions = new TreeMap<>();
    view.all()
        .forEach(each ->
            versions.put(each.getMetadata().getName(), each.getMetadata().getResourceVersion()));
    return versions;
  }

  /** Until a connection of before the end is no longer tried. */
  private void awaitServed() {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .ignoreException(UncheckedIOException.class)
        .until(() -> api.get("/version").code() == 200);
  }

  private void write() {
    for (int i = 0; i < WRITES; i++) {
      String name = "c" + random.nextInt(30);
      if (!living.containsKey(name)) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.putObject("metadata").put("name", name);
        living.put(name, api.post(COLLECTION, object).is(201).uid());
      } else if (random.nextInt(10) < 3) {
        api.delete(COLLECTION + "/" + name).is(200);
        dead.add(living.remove(name));
      } else {
        String patch = "{data: {n: '" + random.nextLong() + "'}}";
        api.patch(Api.MERGE_PATCH, COLLECTION + "/" + name, patch).is(200);
      }
    }
  }

  /** Waits until somebody sees what there is, in the version in which it is there. */
  private void await(Supplier<Map<String, String>> versions) {
    Map<String, String> wanted = new TreeMap<>();
    for (JsonNode item : api.get(COLLECTION).is(200).at("/items")) {
      wanted.put(item.at("/metadata/name").asText(), item.at("/metadata/resourceVersion").asText());
    }
    assertThat(wanted.keySet()).as("seed %d", SEED).isEqualTo(living.keySet());
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .untilAsserted(() -> assertThat(versions.get()).as("seed %d", SEED).isEqualTo(wanted));
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
