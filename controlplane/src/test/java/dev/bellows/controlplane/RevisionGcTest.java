package dev.bellows.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.reconcile.WellKnown;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Old Revisions are deleted as config-gc says; those that are wanted are not. */
class RevisionGcTest {
  private static final Map<String, String> EAGER =
      Map.of(
          "retain-since-create-time",
          "1h",
          "retain-since-last-active-time",
          "1h",
          "min-non-active-revisions",
          "1",
          "max-non-active-revisions",
          "10");

  private final Stage stage = new Stage();

  @Test
  void aRevisionLongUnusedGoesAndTheClockAloneBringsItsEnd() {
    stage.configure("config-gc", EAGER);
    versions(4);
    assertThat(revisions()).hasSize(4);
    // The first was left for the second twenty minutes ago.
    assertThat(stage.nextLook).contains(Duration.ofMinutes(40));
    stage.after(Duration.ofMinutes(40));
    stage.settle();
    assertThat(revisions()).containsExactly("hello-00002", "hello-00003", "hello-00004");
    assertThat(stage.nextLook).contains(Duration.ofMinutes(10));
    stage.after(Duration.ofMinutes(10));
    stage.settle();
    // Of three that no Route leads to one is kept, the one that was used last.
    assertThat(revisions()).containsExactly("hello-00003", "hello-00004");
    assertThat(stage.nextLook).isEmpty();
  }

  @Test
  void byDefaultTwentyAreKept() {
    versions(4);
    stage.after(Duration.ofDays(30));
    stage.settle();
    assertThat(revisions()).hasSize(4);
  }

  @Test
  void whatIsTaggedOrToBeKeptStays() {
    stage.configure("config-gc", EAGER);
    versions(5);
    stage.traffic(
        "hello",
        new TrafficTarget(null, null, null, true, 100L, null),
        new TrafficTarget("old", "hello-00001", null, false, 0L, null));
    stage.world.changed(
        stage.world.cluster.revisions().find("default", "hello-00002").orElseThrow(),
        found -> {
          found.getMetadata().getAnnotations().put(WellKnown.NO_GC, "true");
          return found;
        });
    stage.after(Duration.ofDays(30));
    stage.settle();
    assertThat(revisions())
        .containsExactly("hello-00001", "hello-00002", "hello-00004", "hello-00005");
  }

  @Test
  void aChangedLimitActsAtOnce() {
    versions(4);
    stage.configure(
        "config-gc",
        Map.of(
            "retain-since-create-time",
            "disabled",
            "retain-since-last-active-time",
            "disabled",
            "min-non-active-revisions",
            "0",
            "max-non-active-revisions",
            "0"));
    stage.settle();
    assertThat(revisions()).containsExactly("hello-00004");
  }

  private void versions(int count) {
    for (int version = 1; version <= count; version++) {
      stage.apply("hello", "dev.local/helloworld:v" + version);
      stage.settle();
      stage.comesUp("hello-%05d".formatted(version), "10.1.0." + version + ":8012");
      stage.after(Duration.ofMinutes(version == count ? 0 : 10));
    }
    stage.settle();
  }

  private List<String> revisions() {
    return stage.world.cluster.revisions().all().stream()
        .map(each -> each.getMetadata().getName())
        .sorted()
        .toList();
  }
}
