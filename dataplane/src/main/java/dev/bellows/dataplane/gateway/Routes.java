package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.Ingress.HttpOption;
import dev.bellows.core.route.Ingress.Rule;
import dev.bellows.core.route.Ingress.Tls;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.IngressListener;
import dev.bellows.core.route.SecretId;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort;
import dev.bellows.core.route.TlsSecret;
import dev.bellows.core.route.Unready;
import dev.bellows.dataplane.gateway.RoutingTable.HostRoutes;
import dev.bellows.dataplane.proxy.CertificatesByName;
import dev.bellows.dataplane.proxy.TlsIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Follows the cluster: keeps the current {@link RoutingTable} and the addresses behind it. Told by
 * one thread at a time; read by any.
 */
final class Routes implements IngressListener {
  private final Backends backends = new Backends();

  /** By namespace/name, so that of two KIngresses for one host the same one always wins. */
  private final Map<String, Prepared> ingresses = new TreeMap<>();

  private final Map<SecretId, TlsIdentity> identities = new HashMap<>();
  private final CertificatesByName certificates = new CertificatesByName();

  /** By kind and namespace/name, so that of two for one host the same one always speaks. */
  private final Map<String, Unready> unready = new TreeMap<>();

  private volatile Map<String, Unready> unreadyByHost = Map.of();
  private volatile RoutingTable table = RoutingTable.EMPTY;

  RoutingTable table() {
    return table;
  }

  /** What is shown to those who connect by TLS; follows the cluster like the table. */
  CertificatesByName certificates() {
    return certificates;
  }

  /** What exists under a host and is not ready, or null if there is nothing such. */
  @Nullable Unready unready(String host) {
    return unreadyByHost.get(host);
  }

  @Override
  public void onIngress(Ingress ingress) {
    String key = key(ingress.namespace(), ingress.name());
    Prepared before = ingresses.get(key);
    if (before != null && before.ingress().equals(ingress)) {
      return; // its routes keep their turns
    }
    ingresses.put(key, new Prepared(ingress, prepare(ingress)));
    publish();
  }

  @Override
  public void onIngressDeleted(String namespace, String name) {
    if (ingresses.remove(key(namespace, name)) != null) {
      publish();
    }
  }

  @Override
  public void onService(ServiceId service, Map<String, ServicePort> byPort) {
    backends.of(service).update(byPort);
  }

  @Override
  public void onServiceDeleted(ServiceId service) {
    backends.of(service).remove();
    prune();
  }

  @Override
  public void onTlsSecret(TlsSecret secret) {
    try {
      identities.put(
          secret.id(),
          TlsIdentity.parse(
              secret.certificate().getBytes(StandardCharsets.ISO_8859_1),
              secret.key().getBytes(StandardCharsets.ISO_8859_1),
              Gateway.TLS));
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    publishCertificates();
  }

  @Override
  public void onTlsSecretDeleted(SecretId secret) {
    if (identities.remove(secret) != null) {
      publishCertificates();
    }
  }

  @Override
  public void onUnready(Unready subject) {
    unready.put(subject.subject(), subject);
    publishUnready();
  }

  @Override
  public void onUnreadyNoMore(String kind, String namespace, String name) {
    if (unready.remove(kind + " " + key(namespace, name)) != null) {
      publishUnready();
    }
  }

  private void publishUnready() {
    Map<String, Unready> byHost = new HashMap<>();
    unready.values().forEach(each -> each.hosts().forEach(host -> byHost.putIfAbsent(host, each)));
    unreadyByHost = Map.copyOf(byHost);
  }

  private void publish() {
    publishCertificates(); // first: who is redirected to TLS finds it
    table = new RoutingTable(rules().toList());
    prune();
  }

  private void publishCertificates() {
    Map<String, TlsIdentity> byName = new HashMap<>();
    for (Prepared each : ingresses.values()) {
      for (Tls tls : each.ingress().tls()) {
        TlsIdentity identity = identities.get(tls.secret());
        if (identity != null) {
          hosts(each.ingress(), tls).forEach(host -> byName.putIfAbsent(host, identity));
        }
      }
    }
    certificates.publish(byName);
  }

  /** The hosts that a certificate is for. */
  private static Stream<String> hosts(Ingress ingress, Tls tls) {
    return tls.hosts().isEmpty()
        ? ingress.rules().stream().flatMap(rule -> rule.hosts().stream())
        : tls.hosts().stream();
  }

  /**
   * What becomes of a rule's requests without TLS. They are redirected only where the KIngress
   * names a certificate: elsewhere there would be nothing to go to. From inside the cluster they
   * are served (ADR 0085).
   */
  private static HttpOption httpOption(Ingress ingress, Rule rule) {
    boolean redirected =
        ingress.httpOption() == HttpOption.REDIRECTED
            && rule.visibility() == Visibility.EXTERNAL_IP
            && ingress.tls().stream()
                .flatMap(tls -> hosts(ingress, tls))
                .anyMatch(named -> rule.hosts().stream().anyMatch(host -> covers(named, host)));
    return redirected ? HttpOption.REDIRECTED : HttpOption.ENABLED;
  }

  private static boolean covers(String named, String host) {
    int dot = host.indexOf('.');
    return named.equals(host) || (dot >= 0 && named.equals("*" + host.substring(dot)));
  }

  private void prune() {
    backends.prune(
        rules()
            .flatMap(rule -> rule.routes().stream())
            .flatMap(Route::services)
            .collect(Collectors.toSet()));
  }

  private Stream<HostRoutes> rules() {
    return ingresses.values().stream().flatMap(each -> each.rules().stream());
  }

  private List<HostRoutes> prepare(Ingress ingress) {
    return ingress.rules().stream()
        .map(rule ->
            new HostRoutes(
                rule.visibility(),
                rule.hosts(),
                rule.paths().stream()
                    .filter(path -> !path.splits().isEmpty()) // refused at admission, too
                    .map(path ->
                        new Route(rule.visibility(), httpOption(ingress, rule), path, backends))
                    .toList()))
        .toList();
  }

  private static String key(String namespace, String name) {
    return namespace + "/" + name;
  }

  private record Prepared(Ingress ingress, List<HostRoutes> rules) {}
}
