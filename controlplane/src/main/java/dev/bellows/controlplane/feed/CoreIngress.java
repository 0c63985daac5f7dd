package dev.bellows.controlplane.feed;

import dev.bellows.api.networking.HttpIngressPath;
import dev.bellows.api.networking.IngressBackendSplit;
import dev.bellows.api.networking.IngressRule;
import dev.bellows.api.networking.IngressTls;
import dev.bellows.api.networking.KIngress;
import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.SecretId;
import dev.bellows.core.route.ServiceId;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A KIngress as a gateway reads it. */
final class CoreIngress {
  private CoreIngress() {}

  /**
   * @throws IllegalArgumentException if it names no Service or port to lead to, or no Secret of a
   *     certificate
   */
  static Ingress of(KIngress object) {
    Long generation = object.getMetadata().getGeneration();
    return new Ingress(
        object.getMetadata().getNamespace(),
        object.getMetadata().getName(),
        generation == null ? 0 : generation,
        "Redirected".equals(object.getSpec().httpOption())
            ? Ingress.HttpOption.REDIRECTED
            : Ingress.HttpOption.ENABLED,
        object.getSpec().tls().stream()
            .map(tls -> tls(tls, object.getMetadata().getNamespace()))
            .toList(),
        object.getSpec().rules().stream().map(CoreIngress::rule).toList());
  }

  /** Every Service that it leads to. */
  static Set<ServiceId> services(Ingress ingress) {
    Set<ServiceId> services = new HashSet<>();
    for (Ingress.Rule rule : ingress.rules()) {
      for (Ingress.Path path : rule.paths()) {
        path.splits().forEach(split -> services.add(split.service()));
      }
    }
    return services;
  }

  /** Every Secret whose certificate its hosts show. */
  static Set<SecretId> secrets(Ingress ingress) {
    return ingress.tls().stream().map(Ingress.Tls::secret).collect(Collectors.toSet());
  }

  private static Ingress.Tls tls(IngressTls tls, String ownNamespace) {
    if (tls.secretName() == null) {
      throw new IllegalArgumentException("a certificate without a Secret: " + tls);
    }
    String namespace = orEmpty(tls.secretNamespace());
    return new Ingress.Tls(
        tls.hosts().stream().map(host -> host.toLowerCase(Locale.ROOT)).toList(),
        new SecretId(namespace.isEmpty() ? ownNamespace : namespace, tls.secretName()));
  }

  private static Ingress.Rule rule(IngressRule rule) {
    return new Ingress.Rule(
        rule.hosts().stream().map(host -> host.toLowerCase(Locale.ROOT)).toList(),
        "ClusterLocal".equals(rule.visibility())
            ? Ingress.Visibility.CLUSTER_LOCAL
            : Ingress.Visibility.EXTERNAL_IP,
        rule.http() == null
            ? List.of()
            : rule.http().paths().stream().map(CoreIngress::path).toList());
  }

  private static Ingress.Path path(HttpIngressPath path) {
    Map<String, String> headers = new HashMap<>();
    path.headers().forEach((name, match) -> headers.put(name, orEmpty(match.exact())));
    boolean alone = path.splits().size() == 1;
    return new Ingress.Path(
        orEmpty(path.path()),
        headers,
        orEmpty(path.rewriteHost()),
        path.appendHeaders(),
        path.splits().stream().map(split -> split(split, alone)).toList());
  }

  private static Ingress.Split split(IngressBackendSplit split, boolean alone) {
    IntOrString port = split.servicePort();
    if (split.serviceNamespace() == null || split.serviceName() == null || port == null) {
      throw new IllegalArgumentException("a split without a Service or port: " + split);
    }
    Integer percent = split.percent();
    return new Ingress.Split(
        new ServiceId(split.serviceNamespace(), split.serviceName()),
        port.getStrVal() != null ? port.getStrVal() : String.valueOf(port.getIntVal()),
        alone && (percent == null || percent == 0) ? 100 : percent == null ? 0 : percent,
        split.appendHeaders());
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
