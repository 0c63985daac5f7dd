package dev.bellows.core.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShardTest {
  @Test
  void hashesAsPublished() {
    assertThat(Fnv1a.hash("")).isEqualTo(0xcbf29ce484222325L);
    assertThat(Fnv1a.hash("a")).isEqualTo(0xaf63dc4c8601ec8cL);
    assertThat(Fnv1a.hash("foobar")).isEqualTo(0x85944171f73967e8L);
  }

  @Test
  void findsTheOwnersOfTheWorkedExamples() {
    BucketSet two = new BucketSet(List.of("as-bucket-00-of-02", "as-bucket-01-of-02"));
    assertThat(two.owner("knative-testing/succulent")).isEqualTo("as-bucket-00-of-02");
    assertThat(two.owner("knative-testing/plant")).isEqualTo("as-bucket-01-of-02");

    BucketSet three = BucketSet.ofAutoscaler(3);
    assertThat(three.owner("default/hello-00001")).isEqualTo("autoscaler-bucket-00-of-03");
    assertThat(three.owner("default/hello-00002")).isEqualTo("autoscaler-bucket-01-of-03");
    assertThat(three.owner("ns/rev")).isEqualTo("autoscaler-bucket-02-of-03");
  }

  @Test
  void theOnlyBucketOwnsEverything() {
    assertThat(BucketSet.ofAutoscaler(1).owner("a/b")).isEqualTo("autoscaler-bucket-00-of-01");
    assertThatThrownBy(() -> new BucketSet(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void choosesTheActivatorsOfTheWorkedExample() {
    List<String> activators = IntStream.rangeClosed(1, 8).mapToObj(i -> "10.0.0." + i).toList();

    assertThat(Subset.choose(activators, 3, "hello-00001"))
        .containsExactly("10.0.0.4", "10.0.0.6", "10.0.0.8");
  }

  @Test
  void choosesAllWhereThereAreNoMore() {
    assertThat(Subset.choose(List.of("b", "a", "b"), 2, "t")).containsExactly("a", "b");
    assertThat(Subset.choose(List.of("a"), 0, "t")).isEmpty();
  }

  @Test
  void namesThatMeetAtOneAngleAllFindAPlace() {
    List<String> full = IntStream.range(0, 2048).mapToObj(i -> "name-" + i).toList();

    assertThat(new Circle(full, "t").choose(2048)).containsExactlyInAnyOrderElementsOf(full);
    List<String> tooMany = new ArrayList<>(full);
    tooMany.add("one-more");
    assertThatThrownBy(() -> new Circle(tooMany, "t")).hasMessageContaining("2049");
  }

  @Test
  void aNameThatLeavesChangesFewChoices() {
    List<String> all = IntStream.range(0, 20).mapToObj(i -> "10.0.0." + i).toList();
    List<String> fewer = all.stream().filter(name -> !name.equals("10.0.0.7")).toList();
    int kept = 0;
    for (int i = 0; i < 100; i++) {
      List<String> after = Subset.choose(fewer, 5, "rev-" + i);
      kept += (int) Subset.choose(all, 5, "rev-" + i).stream().filter(after::contains).count();
    }
    // A fresh draw would keep a quarter of the 500.
    assertThat(kept).isGreaterThan(400);
  }
}
