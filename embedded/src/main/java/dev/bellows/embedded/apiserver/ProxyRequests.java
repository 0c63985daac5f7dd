package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code pods/NAME/proxy} and {@code services/NAME/proxy}: the request goes on to what the
 * pod or Service serves. Only pods are dialled, on loopback at the ports that they declare: whoever
 * may write Endpoints gets no way to what else listens on this machine.
 */
final class ProxyRequests {
  private static final Logger LOG = LoggerFactory.getLogger(ProxyRequests.class);
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
  private static final int BUFFER_BYTES = 16 << 10;

  /** Of one connection (RFC 9110, section 7.6.1), or what the client says of itself to us. */
  private static final Set<String> NOT_PASSED =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings",
          "host",
          "expect",
          "content-length",
          "authorization");

  private final Registry registry;
  private final Supplier<RunningPods> pods;

  ProxyRequests(Registry registry, Supplier<RunningPods> pods) {
    this.registry = registry;
    this.pods = pods;
  }

  /** Made when it is first needed: it has threads. */
  private static final class Client {
    static final HttpClient HTTP = make();

    private static HttpClient make() {
      try {
        // As kube-apiserver: who is behind a Service's address shows a certificate of no use here.
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        return HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_LIMIT)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .sslContext(tls)
            .build();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every JDK has TLS", e);
      }
    }
  }

  void handle(ProxyPath path, ApiRequest request) {
    review(path, request);
    ProxyPath.Target target = path.name();
    Address address =
        path.target().plural().equals("pods") ? ofPod(path, target) : ofService(path, target);
    boolean reads = request.method().equals("GET") || request.method().equals("HEAD");
    if (path.rest().isEmpty() && reads) {
      String query = request.rawQuery().isEmpty() ? "" : "?" + request.rawQuery();
      request
          .answer()
          .passing(301, Map.of("location", List.of(path.prefix() + "/" + query)))
          .close();
      return;
    }
    if (!request.header("upgrade").isEmpty()) {
      throw ApiException.badRequest("a proxied connection cannot change its protocol");
    }
    pass(path, request, uri(target.scheme(), address, path.rest(), request.rawQuery()));
  }

  private void review(ProxyPath path, ApiRequest request) {
    Resource resource =
        registry
            .catalog()
            .find("", path.target().plural())
            .orElseThrow(ApiException::noSuchResource);
    ObjectNode options = ConnectOptions.of(path.target(), request).put("path", path.rest());
    ObjectNode _ =
        registry
            .writes()
            .review(
                WebhookRequest.at(
                    "CONNECT", resource, path.target(), options, WriteOptions.by(request.user())));
  }

  private static URI uri(String scheme, Address address, String path, String query) {
    try {
      String place =
          new URI(
                  scheme,
                  null,
                  address.ip(),
                  address.port(),
                  path.isEmpty() ? "/" : path,
                  null,
                  null)
              .toASCIIString();
      return new URI(query.isEmpty() ? place : place + "?" + query);
    } catch (URISyntaxException e) {
      throw ApiException.badRequest("the path cannot be passed on: " + e.getMessage());
    }
  }

  private static void pass(ProxyPath path, ApiRequest request, URI uri) {
    HttpResponse<InputStream> response;
    try {
      response = Client.HTTP.send(passed(path, request, uri), BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw unreachable(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unreachable(e);
    }
    Map<String, List<String>> headers = new TreeMap<>();
    response
        .headers()
        .map()
        .forEach((name, values) -> {
          String known = name.toLowerCase(Locale.ROOT);
          if (known.equals("content-length") || !NOT_PASSED.contains(known)) {
            headers.put(known, values);
          }
        });
    headers.computeIfPresent(
        "location",
        (none, values) -> values.stream().map(value -> behind(path, uri, value)).toList());
    try (InputStream body = response.body();
        Answer.Stream out = request.answer().passing(response.statusCode(), headers)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      int count;
      while ((count = body.read(buffer)) >= 0) {
        out.write(Arrays.copyOf(buffer, count));
      }
    } catch (IOException e) {
      LOG.debug("{} broke off", uri, e);
    } catch (Answer.ClientGone e) {
      LOG.debug("the client of {} has left", uri, e);
    }
  }

  private static HttpRequest passed(ProxyPath path, ApiRequest request, URI uri) {
    Set<String> dropped = new HashSet<>(NOT_PASSED);
    for (String named : request.header("connection").split(",", -1)) {
      dropped.add(named.strip().toLowerCase(Locale.ROOT));
    }
    try {
      HttpRequest.Builder passed =
          HttpRequest.newBuilder(uri)
              .method(
                  request.method(),
                  request.body().isEmpty()
                      ? BodyPublishers.noBody()
                      : BodyPublishers.ofByteArray(request.body().bytes()));
      for (Map.Entry<String, String> header : request.headers()) {
        String name = header.getKey().toLowerCase(Locale.ROOT);
        if (!dropped.contains(name)
            && !name.startsWith("impersonate-")
            && !name.startsWith("x-http2-")) {
          passed.header(name, header.getValue());
        }
      }
      return passed
          .setHeader("x-forwarded-uri", path.prefix() + uri.getRawPath())
          .setHeader("x-forwarded-host", request.header("host"))
          .setHeader("x-forwarded-proto", "https")
          .build();
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest("the request cannot be passed on: " + e.getMessage());
    }
  }

  private static ApiException unreachable(Exception e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return unavailable("error trying to reach service: " + why);
  }

  private static ApiException unavailable(String message) {
    return ApiException.of(503, "ServiceUnavailable", message);
  }

  /** Where a redirect within the target leads, seen from the client. */
  private static String behind(ProxyPath path, URI asked, String location) {
    URI to;
    try {
      to = new URI(location);
    } catch (URISyntaxException e) {
      return location;
    }
    boolean elsewhere =
        to.getAuthority() != null && !to.getAuthority().equals(asked.getAuthority());
    String place = to.getRawPath() == null ? "" : to.getRawPath();
    if (elsewhere || !place.startsWith("/") || place.startsWith(path.prefix())) {
      return location;
    }
    return path.prefix()
        + place
        + (to.getRawQuery() == null ? "" : "?" + to.getRawQuery())
        + (to.getRawFragment() == null ? "" : "#" + to.getRawFragment());
  }

  private Address ofPod(ProxyPath path, ProxyPath.Target target) {
    ObjectNode pod = registry.get(ResourceTypes.PODS, path.target().namespace(), target.name());
    int port = 0;
    if (target.port().isEmpty()) {
      for (JsonNode container : pod.path("spec").path("containers")) {
        port = port == 0 ? container.path("ports").path(0).path("containerPort").asInt() : port;
      }
      port = port == 0 ? defaultPort(target.scheme()) : port;
    } else {
      port = number(target.port()).orElseThrow(path::invalid);
    }
    Address address =
        dialled(pod, port).orElseThrow(() -> ApiException.badRequest("address not allowed"));
    int wanted = port;
    if (declaredPorts(pod).noneMatch(declared -> declared == wanted) && !isAllowed(address)) {
      throw ApiException.badRequest("address not allowed");
    }
    return address;
  }

  private static int defaultPort(String scheme) {
    return scheme.equals("https") ? 443 : 80;
  }

  private static Optional<Integer> number(String port) {
    if (!port.matches("[0-9]{1,5}")) {
      return Optional.empty();
    }
    int number = Integer.parseInt(port);
    return number > 0 && number <= 0xffff ? Optional.of(number) : Optional.empty();
  }

  private Optional<Address> dialled(ObjectNode pod, int port) {
    return pods.get().port(pod, port);
  }

  /** The address of a ready pod behind a port of a Service. */
  private Address ofService(ProxyPath path, ProxyPath.Target target) {
    String namespace = path.target().namespace();
    String port = portName(namespace, target);
    ObjectNode endpoints = registry.get(ResourceTypes.ENDPOINTS, namespace, target.name());
    String asked = endpoints.path("subsets").isEmpty() ? target.name() : path.target().name();
    List<Address> choices = new ArrayList<>();
    for (JsonNode subset : endpoints.path("subsets")) {
      for (JsonNode each : subset.path("ports")) {
        if (each.path("name").asText("").equals(port)) {
          for (JsonNode address : subset.path("addresses")) {
            ofPod(namespace, address, each.path("port").asInt()).ifPresent(choices::add);
          }
        }
      }
    }
    if (choices.isEmpty()) {
      throw unavailable("no endpoints available for service \"" + asked + "\"");
    }
    return choices.get(ThreadLocalRandom.current().nextInt(choices.size()));
  }

  /** The name of the port that was asked for by name, number or not at all. */
  private String portName(String namespace, ProxyPath.Target target) {
    if (!target.port().matches("[0-9]{1,18}")) {
      return target.port();
    }
    ObjectNode service = registry.get(ResourceTypes.SERVICES, namespace, target.name());
    for (JsonNode port : service.path("spec").path("ports")) {
      if (port.path("port").asText().equals(target.port())) {
        return port.path("name").asText("");
      }
    }
    throw unavailable(
        "no service port " + target.port() + " found for service \"" + target.name() + "\"");
  }

  /** Where the pod is that an address says it is of; empty if it is not. */
  private Optional<Address> ofPod(String namespace, JsonNode endpoint, int port) {
    JsonNode reference = endpoint.path("targetRef");
    if (!reference.path("kind").asText("Pod").equals("Pod")
        || !reference.path("namespace").asText(namespace).equals(namespace)) {
      return Optional.empty();
    }
    Optional<ObjectNode> pod =
        registry
            .find(ResourceTypes.PODS, namespace, reference.path("name").asText())
            .filter(found ->
                found.path("status").path("podIP").asText().equals(endpoint.path("ip").asText()));
    return pod.flatMap(found -> declared(found, port))
        .or(() ->
            pod.map(found -> new Address(endpoint.path("ip").asText(), port))
                .filter(ProxyRequests::isAllowed));
  }

  /** Where a pod that runs has one of the ports that it declares, as Endpoints call it. */
  private Optional<Address> declared(JsonNode pod, int port) {
    return declaredPorts(pod)
        .mapToObj(declared -> dialled((ObjectNode) pod, declared))
        .flatMap(Optional::stream)
        .filter(address -> address.port() == port)
        .findFirst();
  }

  private static IntStream declaredPorts(JsonNode pod) {
    return StreamSupport.stream(pod.path("spec").path("containers").spliterator(), false)
        .flatMap(container -> StreamSupport.stream(container.path("ports").spliterator(), false))
        .mapToInt(port -> port.path("containerPort").asInt());
  }

  /** As kube-apiserver: what listens on this machine for this machine is not proxied. */
  private static boolean isAllowed(Address address) {
    try {
      InetAddress ip = InetAddress.ofLiteral(address.ip());
      return !ip.isLoopbackAddress()
          && !ip.isLinkLocalAddress()
          && !ip.isAnyLocalAddress()
          && !ip.isMulticastAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
