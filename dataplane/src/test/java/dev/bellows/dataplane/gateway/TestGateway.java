package dev.bellows.dataplane.gateway;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.Ingress.HttpOption;
import dev.bellows.core.route.Ingress.Path;
import dev.bellows.core.route.Ingress.Rule;
import dev.bellows.core.route.Ingress.Split;
import dev.bellows.core.route.Ingress.Tls;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.SecretId;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort;
import dev.bellows.core.route.TlsSecret;
import dev.bellows.dataplane.activator.TestPod;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.raw.Identity;
import io.netty.channel.EventLoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A gateway with its ports, and short words to tell it of routes, Services and Secrets. */
final class TestGateway implements AutoCloseable {
  static final String HOST = "hello.default.example.com";
  static final ServiceId HELLO = new ServiceId("default", "hello");
  static final SecretId SECRET = new SecretId("default", "hello-tls");

  final Gateway gateway;
  final ProxyEngine engine;

  /** For rules of both visibilities. */
  final Listener listener;

  /** For rules from outside alone. */
  final Listener external;

  /** The same by TLS. */
  final Listener tls;

  private final List<AutoCloseable> open = new ArrayList<>();
  private final ProxyEngine podEngine;

  TestGateway(EventLoopGroup loops, GatewayConfig config) throws IOException {
    gateway = new Gateway(System::nanoTime, config);
    engine = closing(new ProxyEngine(loops, System::nanoTime));
    podEngine = closing(new ProxyEngine(loops, System::nanoTime));
    listener = gateway.listen(engine, "127.0.0.1", 0, Set.of(Visibility.values()));
    external = gateway.listen(engine, "127.0.0.1", 0, Set.of(Visibility.EXTERNAL_IP));
    tls = closing(gateway.bindTls(engine, "127.0.0.1", 0, Set.of(Visibility.EXTERNAL_IP)));
    tls.accept();
  }

  TestPod pod(String name) throws IOException {
    return pod(name, 0);
  }

  TestPod pod(String name, long workMillis) throws IOException {
    return closing(new TestPod(podEngine, name, workMillis, true));
  }

  void route(String host, Visibility visibility, String rewriteHost, Split... splits) {
    tell(host, 1, HttpOption.ENABLED, List.of(), rule(host, visibility, rewriteHost, splits));
  }

  /** Routes {@link #HOST}, with the certificate in {@link #SECRET}, to {@link #HELLO}. */
  void routeWithTls(HttpOption httpOption) {
    tell(
        HOST,
        1,
        httpOption,
        List.of(new Tls(List.of(HOST), SECRET)),
        rule(HOST, Visibility.EXTERNAL_IP, "", split(HELLO, 100)));
  }

  void tell(String name, long version, HttpOption httpOption, List<Tls> tls, Rule... rules) {
    gateway
        .routes()
        .onIngress(new Ingress("default", name, version, httpOption, tls, List.of(rules)));
  }

  static Rule rule(String host, Visibility visibility, String rewriteHost, Split... splits) {
    Path path = new Path("", Map.of(), rewriteHost, Map.of("X-Path", "appended"), List.of(splits));
    return new Rule(List.of(host), visibility, List.of(path));
  }

  static Split split(ServiceId service, int percent) {
    return new Split(
        service,
        "80",
        percent,
        Map.of(
            "Knative-Serving-Revision",
            service.name() + "-rev",
            "Knative-Serving-Namespace",
            service.namespace()));
  }

  void service(ServiceId service, Address... ready) {
    gateway
        .routes()
        .onService(
            service,
            Map.of(
                "80",
                new ServicePort(Protocol.HTTP1, new Endpoints(Arrays.asList(ready), List.of()))));
  }

  void secret(Identity identity) throws Exception {
    gateway
        .routes()
        .onTlsSecret(new TlsSecret(SECRET, identity.certificatePem(), identity.keyPem()));
  }

  String get(String target, String... headers) throws IOException {
    return ask(listener.address(), target, headers);
  }

  static Socket connect(Address address) throws IOException {
    return new Socket(address.ip(), address.port());
  }

  /** Status and body; over a socket of its own, since the JDK's client sets Host itself. */
  static String ask(Address address, String target, String... headers) throws IOException {
    String answer = exchange(connect(address), "GET", target, headers);
    int body = answer.indexOf("\n\n") + 2;
    return answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length())
        + " "
        + answer.substring(body).replace("\n", "");
  }

  /** The whole response, with bare line feeds. */
  static String exchange(Socket socket, String method, String target, String... headers)
      throws IOException {
    try (socket) {
      List<String> lines = new ArrayList<>(List.of(method + " " + target + " HTTP/1.1"));
      lines.addAll(List.of(headers));
      lines.addAll(List.of("Connection: close", "", ""));
      socket
          .getOutputStream()
          .write(String.join("\r\n", lines).getBytes(StandardCharsets.US_ASCII));
      return new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
          .lines()
          .collect(Collectors.joining("\n", "", "\n"));
    }
  }

  <T extends AutoCloseable> T closing(T resource) {
    open.add(resource);
    return resource;
  }

  @Override
  public void close() {
    for (AutoCloseable each : open.reversed()) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException("closing " + each, e);
      }
    }
  }
}
