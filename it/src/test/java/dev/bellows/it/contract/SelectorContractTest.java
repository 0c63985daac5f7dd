package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SelectorContractTest extends ContractTest {
  private String group;

  private void make(String name, String labels) {
    api.post(
            configMaps(),
            Wire.object("{metadata: {name: '%s-%s', labels: %s}}", group, name, labels))
        .is(201);
  }

  /** Three objects: one of tier front, one of tier back with a colour, one without a tier. */
  private void three() {
    group = unique("sel");
    make("front", "{g: '%s', tier: 'front'}".formatted(group));
    make("back", "{g: '%s', tier: 'back', colour: 'red'}".formatted(group));
    make("none", "{g: '%s', weight: '5'}".formatted(group));
  }

  private List<String> selected(String selector) {
    String query = URLEncoder.encode("g=" + group + "," + selector, StandardCharsets.UTF_8);
    return api.get(configMaps() + "?labelSelector=" + query).is(200).names().stream()
        .map(name -> name.substring(group.length() + 1))
        .toList();
  }

  @Test
  void equals() {
    three();
    assertThat(selected("tier=front")).containsExactly("front");
    assertThat(selected("tier==back")).containsExactly("back");
  }

  @Test
  void unequalsTakesWhatHasNoSuchLabelToo() {
    three();
    assertThat(selected("tier!=front")).containsExactly("back", "none");
  }

  @Test
  void inASet() {
    three();
    assertThat(selected("tier in (front, back)")).containsExactly("back", "front");
  }

  @Test
  void notInASet() {
    three();
    assertThat(selected("tier notin (front)")).containsExactly("back", "none");
  }

  @Test
  void withALabel() {
    three();
    assertThat(selected("colour")).containsExactly("back");
  }

  @Test
  void withoutALabel() {
    three();
    assertThat(selected("!colour")).containsExactly("front", "none");
  }

  @Test
  void moreAndLess() {
    three();
    assertThat(selected("weight>4")).containsExactly("none");
    assertThat(selected("weight<5")).isEmpty();
  }

  @Test
  void allRequirementsMustHold() {
    three();
    assertThat(selected("tier=back,colour=red")).containsExactly("back");
    assertThat(selected("tier=front,colour=red")).isEmpty();
  }

  @Test
  void aSelectorThatCannotBeReadIsRefused() {
    api.get(configMaps() + "?labelSelector=a%20b")
        .refusesSaying(400, "BadRequest", "unable to parse requirement");
  }

  @Test
  void aNameIsAField() {
    String path = makeConfigMap("a");
    assertThat(api.get(configMaps() + "?fieldSelector=metadata.name=" + nameIn(path)).names())
        .containsExactly(nameIn(path));
    assertThat(api.get(configMaps() + "?fieldSelector=metadata.name!=" + nameIn(path)).names())
        .doesNotContain(nameIn(path));
  }

  @Test
  void aNamespaceIsAField() {
    String path = makeConfigMap("a");
    assertThat(api.get("/api/v1/configmaps?fieldSelector=metadata.namespace=" + namespace).names())
        .contains(nameIn(path));
  }

  @Test
  void podsAreFoundByTheirNode() {
    String name = unique("p");
    api.post(core("pods"), pod(name)).is(201);
    assertThat(api.get(core("pods") + "?fieldSelector=spec.nodeName=").names()).contains(name);
    assertThat(api.get(core("pods") + "?fieldSelector=spec.nodeName=x").names()).isEmpty();
    assertThat(api.get(core("pods") + "?fieldSelector=status.phase=Pending").names())
        .contains(name);
  }

  @Test
  void secretsAreFoundByTheirType() {
    String name = unique("secret");
    api.post(core("secrets"), Wire.object("{metadata: {name: '%s'}, type: 'mine'}", name)).is(201);
    assertThat(api.get(core("secrets") + "?fieldSelector=type=mine").names()).contains(name);
  }

  @Test
  void anUnknownFieldIsRefused() {
    api.get(configMaps() + "?fieldSelector=data.a=1")
        .refusesSaying(
            400,
            "BadRequest",
            "\"data.a\" is not a known field selector: only \"metadata.name\","
                + " \"metadata.namespace\"");
  }

  @Test
  void aFieldSelectorThatCannotBeReadIsRefused() {
    api.get(configMaps() + "?fieldSelector=metadata.name")
        .refusesSaying(400, "BadRequest", "invalid selector");
  }

  @Test
  void aSelectorMayBeLong() {
    String path = makeConfigMap("long");
    String name = path.substring(path.lastIndexOf('/') + 1);
    assertThat(api.get(configMaps() + "?labelSelector=" + "!none,".repeat(2_000) + "!a").names())
        .contains(name);
  }
}
