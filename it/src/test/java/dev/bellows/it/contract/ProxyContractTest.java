package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests that the API server passes on to what a Service or pod serves. */
class ProxyContractTest extends ContractTest {
  private Optional<HttpServer> server = Optional.empty();

  @AfterEach
  void stop() {
    server.ifPresent(running -> running.stop(0));
  }

  /** A Service of a server that tells what it was asked, at an address that is not loopback. */
  private String served() {
    String ip = address().orElse("");
    assumeTrue(!ip.isEmpty(), "this machine has loopback addresses only");
    try {
      HttpServer running = HttpServer.create(new InetSocketAddress(ip, 0), 0);
      running.createContext("/", ProxyContractTest::tell);
      running.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      running.start();
      server = Optional.of(running);
      return service(ip, running.getAddress().getPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> address() {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(each -> each instanceof Inet4Address)
          .filter(each -> !each.isLoopbackAddress() && !each.isLinkLocalAddress())
          .map(each -> each.getHostAddress())
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void tell(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    if (path.equals("/moved")) {
      exchange.getResponseHeaders().add("Location", "/other?a=b");
      exchange.sendResponseHeaders(302, -1);
      exchange.close();
      return;
    }
    ObjectNode told = Wire.object("{}");
    told.put("method", exchange.getRequestMethod());
    told.put("uri", exchange.getRequestURI().toString());
    told.put("body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    ObjectNode headers = told.putObject("headers");
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
    byte[] body = told.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("X-Mine", "yes");
    exchange.getResponseHeaders().add("Content-Type", "application/told");
    exchange.sendResponseHeaders(path.equals("/teapot") ? 418 : 200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** Makes a Service with one address; answers its path. */
  private String service(String ip, int port) {
    String name = unique("proxied");
    api.post(
            core("services"),
            Wire.object(
                """
                {apiVersion: 'v1', kind: 'Service', metadata: {name: '%s'},
                  spec: {ports: [{name: 'http', port: 80}, {name: 'odd', port: 81}]}}
                """,
                name))
        .is(201);
    api.post(core("pods"), pod(name)).is(201);
    api.patch(
            Api.MERGE_PATCH,
            core("pods") + "/" + name + "/status",
            "{status: {phase: 'Running', podIP: '%1$s', podIPs: [{ip: '%1$s'}]}}",
            ip)
        .is(200);
    api.post(
            core("endpoints"),
            Wire.object(
                """
                {apiVersion: 'v1', kind: 'Endpoints', metadata: {name: '%1$s'}, subsets: [{
                  addresses: [{ip: '%2$s', targetRef: {kind: 'Pod', name: '%1$s',
                    namespace: '%4$s'}}], ports: [{name: 'http', port: %3$d}]}]}
                """,
                name, ip, port, namespace))
        .is(201);
    return core("services") + "/" + name;
  }

  /** A server may be slow to see new Endpoints. */
  private Reply get(String path) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> api.get(path).code() != 503);
    return api.get(path);
  }

  @Test
  void aRequestReachesAServiceWithoutWhatTheClientSaysOfItself() {
    Reply reply = get(served() + ":http/proxy/a%20b/c?d=e&d=%2F&f").is(200);
    assertThat(reply.headers().firstValue("x-mine")).contains("yes");
    assertThat(reply.headers().firstValue("content-type")).contains("application/told");
    JsonNode told = reply.json();
    assertThat(told.path("method").asText()).isEqualTo("GET");
    assertThat(told.path("uri").asText()).isEqualTo("/a%20b/c?d=e&d=%2F&f");
    assertThat(told.path("headers").has("authorization")).isFalse();
    assertThat(told.path("headers").path("user-agent").asText()).isEqualTo("contract/1.0");
    assertThat(told.at("/headers/x-forwarded-uri").asText()).endsWith(":http/proxy/a%20b/c");
  }

  @Test
  void aServicesPortIsNamedOrNumbered() {
    String service = served();
    get(service + ":http/proxy/x").is(200);
    get(service + ":80/proxy/x").is(200);
    String path = service.replaceFirst("services/", "services/http:");
    get(path + ":http/proxy/x").is(200);
  }

  @Test
  void everyMethodIsPassedWithItsBody() {
    String path = served() + ":http/proxy/x";
    get(path).is(200);
    for (String method : new String[] {"POST", "PUT", "PATCH"}) {
      Reply reply = api.request(method, path).body("text/plain", "hello").send().is(200);
      assertThat(reply.text("/method")).isEqualTo(method);
      assertThat(reply.text("/body")).isEqualTo("hello");
      assertThat(reply.text("/headers/content-type")).isEqualTo("text/plain");
    }
    assertThat(api.delete(path).is(200).text("/method")).isEqualTo("DELETE");
    assertThat(api.request("OPTIONS", path).send().is(200).text("/method")).isEqualTo("OPTIONS");
    HttpResponse<byte[]> head = api.request("HEAD", path).sendForBytes();
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValue("x-mine")).contains("yes");
    assertThat(head.body()).isEmpty();
  }

  @Test
  void whatTheServiceAnswersIsTheAnswer() {
    get(served() + ":http/proxy/teapot").is(418);
  }

  @Test
  void aRedirectLeadsBackThroughTheProxy() {
    String service = served();
    Reply moved = get(service + ":http/proxy/moved").is(302);
    assertThat(moved.headers().firstValue("location")).contains(service + ":http/proxy/other?a=b");
    Reply root = api.get(service + ":http/proxy?a=b").is(301);
    assertThat(root.headers().firstValue("location")).contains(service + ":http/proxy/?a=b");
    api.get(service + ":http/proxy/").is(200);
  }

  @Test
  void aServiceWithoutEndpointsIsNotAvailable() {
    String service = served();
    get(service + ":http/proxy/").is(200);
    String name = service.substring(service.lastIndexOf('/') + 1);
    for (String port : new String[] {":odd", ":none", ""}) {
      api.get(service + port + "/proxy/")
          .refuses(
              503,
              "ServiceUnavailable",
              "no endpoints available for service \"" + name + port + "\"");
    }
    api.get(service + ":82/proxy/")
        .refuses(
            503, "ServiceUnavailable", "no service port 82 found for service \"" + name + "\"");
  }

  @Test
  void anAddressThatIsNoPodsIsNotDialled() {
    String service = served();
    get(service + ":http/proxy/").is(200);
    String name = service.substring(service.lastIndexOf('/') + 1);
    api.patch(
            Api.JSON_PATCH,
            core("endpoints") + "/" + name,
            "[{op: 'remove', path: '/subsets/0/addresses/0/targetRef'}]")
        .is(200);
    api.get(service + ":http/proxy/")
        .refuses(
            503, "ServiceUnavailable", "no endpoints available for service \"" + name + ":http\"");
  }

  @Test
  void aServiceThatDoesNotListenIsNotAvailable() {
    String ip = address().orElse("");
    assumeTrue(!ip.isEmpty(), "this machine has loopback addresses only");
    api.get(service(ip, 1) + ":http/proxy/").refusesSaying(503, "ServiceUnavailable", "");
  }

  @Test
  void namesThatCannotBeAreRefused() {
    api.get(core("services") + "/a:b:c:d/proxy/")
        .refuses(400, "BadRequest", "invalid service request \"a:b:c:d\"");
    api.get(core("services") + "/ftp:b:c/proxy/")
        .refuses(400, "BadRequest", "invalid service request \"ftp:b:c\"");
    api.get(core("pods") + "/a:b:c:d/proxy/")
        .refuses(400, "BadRequest", "invalid pod request \"a:b:c:d\"");
    api.get(core("services") + "/none:80/proxy/").is(404);
    api.get(core("pods") + "/none:80/proxy/").is(404);
  }

  @Test
  void aPodThatDoesNotRunIsNotReached() {
    String name = unique("idle");
    api.post(core("pods"), pod(name)).is(201);
    api.get(core("pods") + "/" + name + ":80/proxy/").is(400);
  }

  @Test
  void discoveryListsIt() {
    JsonNode resources = api.get("/api/v1").is(200).at("/resources");
    for (String kind : new String[] {"pods", "services"}) {
      for (JsonNode resource : resources) {
        if (resource.path("name").asText().equals(kind + "/proxy")) {
          assertThat(resource.path("kind").asText())
              .isEqualTo(kind.equals("pods") ? "PodProxyOptions" : "ServiceProxyOptions");
          assertThat(resource.path("verbs"))
              .isEqualTo(Wire.value("['create', 'delete', 'get', 'patch', 'update']"));
        }
      }
      assertThat(resources.toString()).contains("\"" + kind + "/proxy\"");
    }
  }
}
