package dev.bellows.controlplane.reconcile.domainmapping;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a DomainMapping's reference comes to. */
sealed interface Target {
  /**
   * A name inside the cluster that answers.
   *
   * @param host as requests carry it from here on: {@code name.namespace.svc.cluster.local}
   * @param service the Service of that name
   */
  record Found(String host, String service) implements Target {}

  /**
   * Nothing that can be led to.
   *
   * @param reason a sentence
   */
  record Unresolved(String reason) implements Target {}

  /**
   * Reads the address that an object gives of itself. It must be the plain name of a Service in the
   * DomainMapping's own namespace: a domain that led elsewhere would be a way around the borders
   * between namespaces.
   *
   * @param url the object's address, null if it has none yet
   * @param object what is referred to, for messages
   */
  static Target of(@Nullable String url, String object, String namespace, String clusterDomain) {
    if (url == null || url.isEmpty()) {
      return new Unresolved("address not set for " + object);
    }
    URI uri;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException e) {
      return new Unresolved("resolved URI \"" + url + "\" cannot be read");
    }
    if (uri.getPath() != null && !uri.getPath().isEmpty()) {
      return new Unresolved("resolved URI \"" + url + "\" contains a path");
    }
    String host = uri.getHost() == null ? "" : uri.getHost();
    List<String> labels = List.of(host.split("\\.", 3));
    if (labels.size() < 3 || !labels.getLast().equals("svc." + clusterDomain)) {
      return new Unresolved(
          "resolved URI \"%s\" must be of the form {name}.{namespace}.svc.%s"
              .formatted(url, clusterDomain));
    }
    return labels.get(1).equals(namespace)
        ? new Found(host, labels.getFirst())
        : new Unresolved("resolved URI \"" + url + "\" must be in same namespace as DomainMapping");
  }
}
