package dev.bellows.dataplane.activator;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.dataplane.activator.Throttler.Throttled;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Key;
import dev.bellows.dataplane.proxy.Stage;
import org.jspecify.annotations.Nullable;

/**
 * Finds the Revision that a request is for (data-plane spec §4.2): by the pair of headers that the
 * networking layer sets, else by the host {@code name.namespace.svc.domain}.
 */
final class RevisionLookup implements Stage {
  static final Key<Throttled> REVISION = Key.of("revision");

  static final String REVISION_HEADER = "Knative-Serving-Revision";
  static final String NAMESPACE_HEADER = "Knative-Serving-Namespace";

  private final Throttler throttler;
  private final String hostSuffix;

  /**
   * Looks among the Revisions of a throttler.
   *
   * @param clusterDomain last part of in-cluster host names
   */
  RevisionLookup(Throttler throttler, String clusterDomain) {
    this.throttler = throttler;
    this.hostSuffix = "svc." + clusterDomain;
  }

  @Override
  public void handle(Exchange exchange) {
    String namespace = exchange.headers().get(NAMESPACE_HEADER, "");
    String name = exchange.headers().get(REVISION_HEADER, "");
    if (name.isEmpty() || namespace.isEmpty()) {
      RevisionId fromHost = fromHost(exchange.host());
      namespace = fromHost == null ? "" : fromHost.namespace();
      name = fromHost == null ? "" : fromHost.name();
    }
    Throttled revision = name.isEmpty() ? null : throttler.find(new RevisionId(namespace, name));
    if (revision == null) {
      exchange.answer(notFound(name));
      return;
    }
    exchange.put(REVISION, revision);
    exchange.proceed();
  }

  /** The answer for a Revision that is not there, or is there no longer. */
  static Answer notFound(String name) {
    return Answer.error(
        404,
        "Error getting active endpoint: revision.serving.knative.dev \"" + name + "\" not found");
  }

  private @Nullable RevisionId fromHost(String host) {
    int port = host.lastIndexOf(':');
    String[] parts = (port < 0 ? host : host.substring(0, port)).split("\\.", 3);
    return parts.length == 3
            && parts[2].equals(hostSuffix)
            && !parts[0].isEmpty()
            && !parts[1].isEmpty()
        ? new RevisionId(parts[1], parts[0])
        : null;
  }

  @Override
  public String toString() {
    return "revision lookup";
  }
}
