package dev.bellows.controlplane.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.Stage;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import dev.bellows.controlplane.watch.Key;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Revision runs for ever what its tag meant when it was made. */
class RegistryDigestResolverTest {
  private static final String ONE = "sha256:" + "1".repeat(64);
  private static final String TWO = "sha256:" + "2".repeat(64);

  private final List<Secret> secrets = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();
  private final Queue<Key> woken = new ConcurrentLinkedQueue<>();
  private SmallRegistry registry;
  private RegistryDigestResolver resolver;
  private Stage stage;

  @BeforeEach
  void start() throws IOException {
    registry = new SmallRegistry();
    resolver = new RegistryDigestResolver(_ -> List.copyOf(secrets), () -> Duration.ofSeconds(5));
    DigestResolver skipping = new SkippingDigestResolver(() -> List.copyOf(skipped), resolver);
    skipping.onResolved(woken::add);
    stage = new Stage(skipping);
  }

  @AfterEach
  void stop() {
    resolver.close();
    registry.close();
  }

  @Test
  void aTagBecomesItsDigestAndStaysThat() {
    registry.images.put("team/app:v1", ONE);
    registry.open = new CountDownLatch(1);
    stage.apply("hello", registry.host() + "/team/app:v1");
    stage.settle();
    assertThat(says("ResourcesAvailable")).isEqualTo("Unknown ResolvingDigests");
    assertThat(stage.world.cluster.deployments().all()).isEmpty();
    registry.open.countDown();
    answered();
    String image = registry.host() + "/team/app@" + ONE;
    assertThat(revision().getStatus().containerStatuses().getFirst().imageDigest())
        .isEqualTo(image);
    assertThat(deployedImage()).isEqualTo(image);
    registry.images.put("team/app:v1", TWO);
    stage.settle();
    assertThat(deployedImage()).isEqualTo(image);
    assertThat(registry.asked).containsExactly("HEAD /v2/team/app/manifests/v1");
  }

  @Test
  void aDigestAndASkippedRegistryAreTakenAsTheyAre() {
    stage.apply("hello", "registry.example.com/app@" + TWO);
    stage.settle();
    assertThat(deployedImage()).isEqualTo("registry.example.com/app@" + TWO);
    skipped.add(registry.host());
    stage.apply("hello", registry.host() + "/team/app:v1");
    stage.settle();
    assertThat(deployedImage("hello-00002")).isEqualTo(registry.host() + "/team/app:v1");
    assertThat(registry.asked).isEmpty();
  }

  @Test
  void withTheRightPullSecretAPrivateImageIsFound() {
    registry.images.put("private/app:v1", ONE);
    secrets.add(secret("elsewhere.example.com", "you", "wrong"));
    secrets.add(secret("http://" + registry.host() + "/v1/", "me", "secret"));
    stage.apply("hello", registry.host() + "/private/app:v1");
    stage.settle();
    answered();
    assertThat(deployedImage()).isEqualTo(registry.host() + "/private/app@" + ONE);
  }

  @Test
  void aRegistryMayWantThePasswordItself() {
    registry.images.put("basic/app:latest", ONE);
    secrets.add(secret(registry.host(), "me", "secret"));
    stage.apply("hello", registry.host() + "/basic/app");
    stage.settle();
    answered();
    assertThat(deployedImage()).isEqualTo(registry.host() + "/basic/app@" + ONE);
  }

  @Test
  void whatCannotBeHadIsToldAndAskedForAgain() {
    stage.apply("hello", registry.host() + "/team/app:v1");
    stage.settle();
    answered();
    assertThat(says("ContainerHealthy")).isEqualTo("False ContainerMissing");
    assertThat(revision().getStatus().condition("Ready").orElseThrow().message())
        .isEqualTo(
            "Unable to fetch image \"%s/team/app:v1\": HEAD http://%s/v2/team/app/manifests/v1:"
                    .formatted(registry.host(), registry.host())
                + " unexpected status code 404");
    registry.images.put("team/app:v1", ONE); // somebody pushes it
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          stage.settle();
          assertThat(stage.world.cluster.deployments().all()).hasSize(1);
        });
    assertThat(deployedImage()).isEqualTo(registry.host() + "/team/app@" + ONE);
  }

  @Test
  void withoutCredentialsAPrivateImageIsRefused() {
    registry.images.put("private/app:v1", ONE);
    stage.apply("hello", registry.host() + "/private/app:v1");
    stage.settle();
    answered();
    assertThat(revision().getStatus().condition("Ready").orElseThrow().message())
        .contains("no token for repository:private/app:pull: unexpected status code 403");
  }

  @Test
  void nobodyIsAskedAboutARevisionThatIsGone() {
    registry.failing.set(Integer.MAX_VALUE);
    stage.apply("hello", registry.host() + "/team/app:v1");
    stage.settle();
    answered();
    resolver.forget(Key.of(revision()));
    int before = registry.asked.size();
    // At most the question that was on its way when the Revision went.
    await()
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(10))
        .until(() -> registry.asked.size() <= before + 1);
  }

  @Test
  void theDelaysDoubleUpToAQuarterOfAnHour() {
    assertThat(List.of(0, 1, 2, 3, 4, 11, 500))
        .extracting(failures -> RegistryDigestResolver.delay(failures).toSeconds())
        .containsExactly(0L, 1L, 2L, 4L, 8L, 1000L, 1000L);
  }

  @Test
  void namesAreTakenApartAsTheOriginalDoes() {
    assertThat(ImageName.of("nginx"))
        .isEqualTo(new ImageName("index.docker.io", "library/nginx", "latest"));
    assertThat(ImageName.of("team/app:v1"))
        .isEqualTo(new ImageName("index.docker.io", "team/app", "v1"));
    assertThat(ImageName.of("localhost:5000/app"))
        .isEqualTo(new ImageName("localhost:5000", "app", "latest"));
    assertThat(ImageName.of("ghcr.io/a/b:v1@" + ONE).isDigest()).isTrue();
  }

  private void answered() {
    await().atMost(Duration.ofSeconds(20)).until(() -> !woken.isEmpty());
    stage.settle();
  }

  private Revision revision() {
    return stage.world.cluster.revisions().find("default", "hello-00001").orElseThrow();
  }

  private String deployedImage() {
    return deployedImage("hello-00001");
  }

  private String deployedImage(String revision) {
    return stage
        .world
        .cluster
        .deployments()
        .find("default", revision + "-deployment")
        .orElseThrow()
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getImage();
  }

  private String says(String type) {
    var condition = revision().getStatus().condition(type).orElseThrow();
    return condition.status() + " " + condition.reason();
  }

  private static Secret secret(String key, String user, String password) {
    String auth =
        Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    String config = "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(key, auth);
    return new SecretBuilder()
        .withType("kubernetes.io/dockerconfigjson")
        .addToData(
            ".dockerconfigjson",
            Base64.getEncoder().encodeToString(config.getBytes(StandardCharsets.UTF_8)))
        .build();
  }
}
