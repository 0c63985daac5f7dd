package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import org.junit.jupiter.api.Test;

/** Names and hashes that must come out the same for ever. */
class NamesTest {
  @Test
  void aShortNameStandsAsItIs() {
    assertThat(ChildName.of("hello", "-00001")).isEqualTo("hello-00001");
  }

  @Test
  void aLongNameIsCutAndHashedAsTheOriginalDoes() {
    assertThat(
            ChildName.of(
                "a-service-with-a-really-long-name-that-goes-on-and-on-for-ever", "-00001"))
        .isEqualTo("a-service-with-a-really-l38cbdd789612e8f3847d87f515429514-00001");
  }

  @Test
  void aLongSuffixLeavesAValidName() {
    String name = ChildName.of("parent", "-" + "s".repeat(70));
    assertThat(name).hasSizeLessThanOrEqualTo(63).matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  }

  @Test
  void theHashOfAnObjectDoesNotDependOnTheOrderOfItsEntries() {
    ConfigMap one = new ConfigMapBuilder().addToData("a", "1").addToData("b", "2").build();
    ConfigMap other = new ConfigMapBuilder().addToData("b", "2").addToData("a", "1").build();
    ConfigMap different = new ConfigMapBuilder().addToData("a", "1").build();
    assertThat(ContentHash.of(one)).isEqualTo(ContentHash.of(other)).hasSize(32);
    assertThat(ContentHash.of(different)).isNotEqualTo(ContentHash.of(one));
  }
}
