package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableContractTest extends ContractTest {
  private Reply table(String path) {
    return api.request("GET", path).accept(Api.TABLE).send().is(200);
  }

  private static List<String> headings(Reply table) {
    List<String> headings = new ArrayList<>();
    for (JsonNode column : table.at("/columnDefinitions")) {
      headings.add(column.path("name").asText());
    }
    return headings;
  }

  private static JsonNode row(Reply table, String name) {
    for (JsonNode row : table.at("/rows")) {
      if (row.at("/cells/0").asText().equals(name)) {
        return row;
      }
    }
    throw new AssertionError("no row of " + name + " in " + table.text());
  }

  @Test
  void aListIsATable() {
    String path = makeConfigMap("a");
    Reply table = table(configMaps());
    assertThat(table.text("/kind")).isEqualTo("Table");
    assertThat(table.text("/apiVersion")).isEqualTo("meta.k8s.io/v1");
    assertThat(headings(table)).containsExactly("Name", "Data", "Age");
    JsonNode row = row(table, nameIn(path));
    assertThat(row.at("/cells/1").asInt()).isEqualTo(2);
    assertThat(row.at("/cells/2").asText()).matches("\\d+[sm].*");
    assertThat(table.resourceVersion()).isNotEmpty();
  }

  @Test
  void anObjectIsATableOfOneRow() {
    String path = makeConfigMap("a");
    Reply table = table(path);
    assertThat(table.at("/rows")).hasSize(1);
    assertThat(table.text("/rows/0/cells/0")).isEqualTo(nameIn(path));
  }

  @Test
  void rowsCarryMetadata() {
    String path = makeConfigMap("a");
    JsonNode object = row(table(configMaps()), nameIn(path)).path("object");
    assertThat(object.path("kind").asText()).isEqualTo("PartialObjectMetadata");
    assertThat(object.at("/metadata/name").asText()).isEqualTo(nameIn(path));
  }

  @Test
  void rowsCarryTheObjectOnRequest() {
    String path = makeConfigMap("a");
    JsonNode object =
        row(table(configMaps() + "?includeObject=Object"), nameIn(path)).path("object");
    assertThat(object.path("kind").asText()).isEqualTo("ConfigMap");
    assertThat(object.at("/data/a").asText()).isEqualTo("1");
  }

  @Test
  void rowsCarryNothingOnRequest() {
    String path = makeConfigMap("a");
    JsonNode row = row(table(configMaps() + "?includeObject=None"), nameIn(path));
    assertThat(row.path("object").isNull() || row.path("object").isMissingNode()).isTrue();
  }

  @Test
  void columnsSayTheirTypeAndPriority() {
    Reply table = table(makeDeployment("d"));
    assertThat(headings(table))
        .containsExactly(
            "Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector");
    assertThat(table.text("/columnDefinitions/0/type")).isEqualTo("string");
    assertThat(table.text("/columnDefinitions/0/format")).isEqualTo("name");
    assertThat(table.at("/columnDefinitions/0/priority").asInt()).isZero();
    assertThat(table.at("/columnDefinitions/5/priority").asInt()).isEqualTo(1);
    assertThat(table.text("/rows/0/cells/1")).isEqualTo("0/0");
    assertThat(table.text("/rows/0/cells/5")).isEqualTo("one");
    assertThat(table.text("/rows/0/cells/6")).isEqualTo("dev.local/one");
  }

  @Test
  void aPodsRowSaysItsState() {
    String name = unique("p");
    api.post(core("pods"), pod(name)).is(201);
    Reply table = table(core("pods") + "/" + name);
    assertThat(headings(table))
        .containsExactly(
            "Name",
            "Ready",
            "Status",
            "Restarts",
            "Age",
            "IP",
            "Node",
            "Nominated Node",
            "Readiness Gates");
    assertThat(table.text("/rows/0/cells/1")).isEqualTo("0/1");
    assertThat(table.text("/rows/0/cells/2")).isEqualTo("Pending");
    assertThat(table.text("/rows/0/cells/5")).isEqualTo("<none>");
  }

  @Test
  void aServicesRowSaysItsPorts() {
    String name = unique("s");
    api.post(
            core("services"),
            Wire.object(
                "{metadata: {name: '%s'}, spec: {ports: [{port: 80}], selector: {a: 'b'}}}", name))
        .is(201);
    Reply table = table(core("services") + "/" + name);
    assertThat(headings(table))
        .containsExactly("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "Selector");
    assertThat(table.text("/rows/0/cells/1")).isEqualTo("ClusterIP");
    assertThat(table.text("/rows/0/cells/3")).isEqualTo("<none>");
    assertThat(table.text("/rows/0/cells/4")).isEqualTo("80/TCP");
    assertThat(table.text("/rows/0/cells/6")).isEqualTo("a=b");
  }

  @Test
  void aNamespacesRowSaysItsPhase() {
    Reply table = table("/api/v1/namespaces/" + namespace);
    assertThat(headings(table)).containsExactly("Name", "Status", "Age");
    assertThat(table.text("/rows/0/cells/1")).isEqualTo("Active");
  }

  @Test
  void aSecretsRowSaysItsTypeAndSize() {
    String name = unique("s");
    api.post(core("secrets"), Wire.object("{metadata: {name: '%s'}, data: {a: 'YQ=='}}", name))
        .is(201);
    Reply table = table(core("secrets") + "/" + name);
    assertThat(headings(table)).containsExactly("Name", "Type", "Data", "Age");
    assertThat(table.text("/rows/0/cells/1")).isEqualTo("Opaque");
    assertThat(table.at("/rows/0/cells/2").asInt()).isOne();
  }

  @Test
  void aKindWithoutColumnsOfItsOwnHasNameAndAge() {
    String name = unique("r");
    String roles = path("rbac.authorization.k8s.io/v1", "roles");
    api.post(roles, Wire.object("{metadata: {name: '%s'}, rules: []}", name)).is(201);
    assertThat(headings(table(roles + "/" + name))).containsExactly("Name", "Created At");
  }

  @Test
  void aMissingObjectIsAStatusAndNoTable() {
    api.request("GET", configMaps() + "/missing")
        .accept(Api.TABLE)
        .send()
        .refuses(404, "NotFound", "configmaps \"missing\" not found");
  }

  @Test
  void aFormThatIsUnknownFallsBackToTheNext() {
    String path = makeConfigMap("a");
    Reply reply =
        api.request("GET", path)
            .accept("application/json;as=Table;v=v9;g=meta.k8s.io,application/json")
            .send()
            .is(200);
    assertThat(reply.text("/kind")).isEqualTo("ConfigMap");
  }
}
