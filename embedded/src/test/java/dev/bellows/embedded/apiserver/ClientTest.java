package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fabric8 client, over TLS, as the control plane uses it. */
class ClientTest {
  @TempDir Path home;
  private TestServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws Exception {
    server = new TestServer(home);
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(new File(server.server.kubeconfig().toString())))
            .build();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void createsReadsUpdatesAndDeletes() {
    ConfigMap made = client.resource(settings("a")).create();
    assertThat(made.getMetadata().getUid()).isNotEmpty();

    made.getData().put("more", "2");
    client.resource(made).update();
    assertThat(client.configMaps().inNamespace("default").withName("a").get().getData())
        .containsEntry("more", "2");

    client.resource(made).delete();
    assertThat(client.configMaps().inNamespace("default").list().getItems()).isEmpty();
  }

  @Test
  void anOldVersionIsAConflict() {
    ConfigMap first = client.resource(settings("a")).create();
    first.getData().put("x", "1");
    client.resource(first).update();

    assertThatThrownBy(() -> client.resource(first).update())
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
  }

  @Test
  void anInformerSeesEveryChange() {
    List<String> seen = new CopyOnWriteArrayList<>();
    client.resource(settings("before")).create();
    try (SharedIndexInformer<ConfigMap> informer =
        client.configMaps().inNamespace("default").inform(handler(seen))) {
      assertThat(informer.hasSynced()).isTrue();
      ConfigMap made = client.resource(settings("after")).create();
      made.getData().put("x", "1");
      client.resource(made).update();
      client.resource(made).delete();

      await().until(() -> seen.size() == 4);
    }
    assertThat(seen).containsExactly("+before", "+after", "~after", "-after");
  }

  private static ResourceEventHandler<ConfigMap> handler(List<String> seen) {
    return new ResourceEventHandler<>() {
      @Override
      public void onAdd(ConfigMap object) {
        seen.add("+" + object.getMetadata().getName());
      }

      @Override
      public void onUpdate(ConfigMap old, ConfigMap object) {
        seen.add("~" + object.getMetadata().getName());
      }

      @Override
      public void onDelete(ConfigMap object, boolean unknown) {
        seen.add("-" + object.getMetadata().getName());
      }
    };
  }

  @Test
  void appliesServerSideAndPatchesTheStatus() {
    Pod pod = pod("p");
    client.resource(pod).serverSideApply();
    client
        .pods()
        .inNamespace("default")
        .withName("p")
        .editStatus(live -> {
          live.getStatus().setPhase("Running");
          return live;
        });

    Pod live = client.pods().inNamespace("default").withName("p").get();
    assertThat(live.getStatus().getPhase()).isEqualTo("Running");
    assertThat(live.getMetadata().getManagedFields())
        .extracting(each -> each.getOperation() + each.getSubresource())
        .containsExactlyInAnyOrder("Applynull", "Updatestatus");
  }

  @Test
  void readsLogs() {
    client.resource(pod("p")).create();

    assertThat(client.pods().inNamespace("default").withName("p").getLog())
        .isEqualTo("log of main follow=false\n");
  }

  @Test
  void pagesHoldTogetherAlthoughObjectsChange() throws Exception {
    for (String name : List.of("a", "b", "c", "d", "e")) {
      client.resource(settings(name)).create();
    }
    String path = "/api/v1/namespaces/default/configmaps?limit=2";
    var first =
        Json.read(get(path, token()).body().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(first.path("metadata").path("remainingItemCount").asInt()).isEqualTo(3);
    client.resource(settings("c")).delete();

    var second =
        Json.read(
            get(path + "&continue=" + Json.text(first, "metadata", "continue"), token())
                .body()
                .getBytes(java.nio.charset.StandardCharsets.UTF_8));

    assertThat(second.path("items").findValuesAsText("name")).contains("c", "d");
    assertThat(Json.text(second, "metadata", "resourceVersion"))
        .isEqualTo(Json.text(first, "metadata", "resourceVersion"));
  }

  @Test
  void whoHasNoTokenOrAWrongOneIsNotLetIn() throws Exception {
    HttpResponse<String> wrong = get("/api/v1/pods", "wrong");
    assertThat(wrong.statusCode()).isEqualTo(401);
    assertThat(wrong.body())
        .isEqualTo(
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                + "\"message\":\"Unauthorized\",\"reason\":\"Unauthorized\",\"code\":401}");
    for (String path : List.of("/api/v1/pods", "/api", "/openapi/v3", "/metrics")) {
      HttpResponse<String> none = get(path, "");
      assertThat(none.statusCode()).as(path).isEqualTo(403);
      assertThat(none.body()).contains("system:anonymous");
    }
    assertThat(get("/healthz", "").body()).isEqualTo("ok");
    assertThat(get("/healthz", "wrong").statusCode()).isEqualTo(401);
  }

  @Test
  void bothVersionsOfHttpAreSpoken() throws Exception {
    assertThat(get("/version", token()).version()).isEqualTo(HttpClient.Version.HTTP_2);
    HttpResponse<String> old =
        http(HttpClient.Version.HTTP_1_1)
            .send(request("/version", token()), HttpResponse.BodyHandlers.ofString());
    assertThat(old.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    assertThat(old.statusCode()).isEqualTo(200);
  }

  @Test
  void aBodyThatIsTooLargeIsRefused() throws Exception {
    HttpRequest large =
        HttpRequest.newBuilder(URI.create(server.server.url() + "/api/v1/namespaces"))
            .header("authorization", "Bearer " + token())
            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[(3 << 20) + 1]))
            .build();

    HttpResponse<String> response =
        http(HttpClient.Version.HTTP_2).send(large, HttpResponse.BodyHandlers.ofString());

    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(response.body()).contains("Request entity too large: limit is 3145728");
  }

  @Test
  void aRestartKeepsObjectsCertificateAndToken() throws Exception {
    client.resource(settings("kept")).create();
    String ca = server.server.caPem();
    String token = token();
    server.close();

    server = new TestServer(home);

    assertThat(server.server.caPem()).isEqualTo(ca);
    assertThat(token()).isEqualTo(token);
    assertThat(get("/api/v1/namespaces/default/configmaps/kept", token).statusCode())
        .isEqualTo(200);
    assertThat(get("/api/v1/configmaps?watch=true&resourceVersion=1", token).body())
        .startsWith("{\"type\":\"ERROR\"")
        .contains("\"code\":410");
  }

  private String token() {
    return server.server.token(ApiServer.Role.ADMIN);
  }

  private HttpResponse<String> get(String path, String token) throws Exception {
    return http(HttpClient.Version.HTTP_2)
        .send(request(path, token), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(String path, String token) {
    HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(server.server.url() + path));
    if (!token.isEmpty()) {
      builder.header("authorization", "Bearer " + token);
    }
    return builder.build();
  }

  private HttpClient http(HttpClient.Version version) throws Exception {
    var store = java.security.KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry(
        "ca",
        java.security.cert.CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new java.io.ByteArrayInputStream(
                    server.server.caPem().getBytes(java.nio.charset.StandardCharsets.US_ASCII))));
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    TrustManager[] trust = factory.getTrustManagers();
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust, null);
    return HttpClient.newBuilder().version(version).sslContext(tls).build();
  }

  private static ConfigMap settings(String name) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("default")
        .endMetadata()
        .addToData("key", "value")
        .build();
  }

  private static Pod pod(String name) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("default")
        .endMetadata()
        .withNewSpec()
        .addNewContainer()
        .withName("main")
        .withImage("dev.local/main")
        .endContainer()
        .endSpec()
        .build();
  }
}
