package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaginationContractTest extends ContractTest {
  private String many(int count) {
    String list = "/api/v1/namespaces/" + backend.freshNamespace("pages") + "/secrets";
    for (int i = 0; i < count; i++) {
      api.post(list, Wire.object("{metadata: {name: 'n%02d', labels: {odd: '%b'}}}", i, i % 2 == 1))
          .is(201);
    }
    return list;
  }

  private static String continued(Reply page) {
    return "&continue="
        + URLEncoder.encode(page.text("/metadata/continue"), StandardCharsets.UTF_8);
  }

  @Test
  void aLimitGivesAPageAndATokenForTheNext() {
    Reply page = api.get(many(5) + "?limit=2").is(200);
    assertThat(page.names()).containsExactly("n00", "n01");
    assertThat(page.text("/metadata/continue")).isNotEmpty();
    assertThat(page.at("/metadata/remainingItemCount").asInt()).isEqualTo(3);
  }

  @Test
  void pagesFollowEachOtherWithoutAGap() {
    String list = many(5);
    List<String> names = new ArrayList<>();
    Reply page = api.get(list + "?limit=2").is(200);
    names.addAll(page.names());
    while (page.at("/metadata").has("continue")) {
      page = api.get(list + "?limit=2" + continued(page)).is(200);
      names.addAll(page.names());
    }
    assertThat(names).containsExactly("n00", "n01", "n02", "n03", "n04");
  }

  @Test
  void theLastPageHasNoTokenAndNoCount() {
    Reply page = api.get(many(2) + "?limit=2").is(200);
    assertThat(page.at("/metadata").has("continue")).isFalse();
    assertThat(page.at("/metadata").has("remainingItemCount")).isFalse();
  }

  @Test
  void laterPagesShowTheTimeOfTheFirst() {
    String list = many(4);
    Reply first = api.get(list + "?limit=2").is(200);
    api.delete(list + "/n03").is(200);
    api.post(list, Wire.object("{metadata: {name: 'n04'}}")).is(201);
    Reply second = api.get(list + "?limit=2" + continued(first)).is(200);
    assertThat(second.names()).containsExactly("n02", "n03");
    assertThat(second.resourceVersion()).isEqualTo(first.resourceVersion());
  }

  @Test
  void whatASelectorLeavesOutIsNotCounted() {
    String list = many(5);
    Reply page = api.get(list + "?limit=1&labelSelector=odd%3Dtrue").is(200);
    assertThat(page.names()).containsExactly("n01");
    assertThat(page.at("/metadata").has("remainingItemCount")).isFalse();
    Reply next = api.get(list + "?limit=1&labelSelector=odd%3Dtrue" + continued(page)).is(200);
    assertThat(next.names()).containsExactly("n03");
  }

  @Test
  void aTokenThatIsNoneIsRefused() {
    api.get(configMaps() + "?limit=1&continue=nonsense")
        .refusesSaying(400, "BadRequest", "continue key is not valid");
  }

  @Test
  void aTokenGoesWithoutAVersion() {
    String list = many(3);
    Reply page = api.get(list + "?limit=1").is(200);
    Reply refused =
        api.get(list + "?limit=1&resourceVersion=" + page.resourceVersion() + continued(page));
    refused.refuses(
        400, "BadRequest", "specifying resource version is not allowed when using continue");
  }

  @Test
  void aLimitHoldsForTables() {
    Reply page = api.request("GET", many(3) + "?limit=2").accept(Api.TABLE).send().is(200);
    assertThat(page.at("/rows")).hasSize(2);
    assertThat(page.text("/metadata/continue")).isNotEmpty();
  }

  @Test
  void aListFromTheCacheIgnoresTheLimit() {
    String list = many(3) + "?limit=2&resourceVersion=0";
    // The cache may be behind; a page of two would stay one of two.
    await().untilAsserted(() -> assertThat(api.get(list).is(200).names()).hasSize(3));
  }

  @Test
  void aTokenServesAcrossNamespaces() {
    many(3);
    Reply page = api.get("/api/v1/secrets?limit=1").is(200);
    assertThat(page.names()).hasSize(1);
    Reply next = api.get("/api/v1/secrets?limit=1" + continued(page)).is(200);
    assertThat(next.names()).hasSize(1);
    assertThat(next.at("/items/0/metadata")).isNotEqualTo(page.at("/items/0/metadata"));
  }
}
