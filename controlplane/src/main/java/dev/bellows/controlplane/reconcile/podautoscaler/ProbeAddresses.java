package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import io.fabric8.kubernetes.api.model.EndpointPort;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import java.net.URI;
import java.util.Optional;

/** Where to ask for the activator of a Revision (ADR 0016). */
@FunctionalInterface
public interface ProbeAddresses {
  /** Upstream asks with two slashes. */
  String PATH = "//healthz";

  /**
   * Where to ask.
   *
   * @param service the Service that the Revision's requests go to
   * @param protocol what the Revision speaks
   * @return empty if nobody is there to ask
   */
  Optional<URI> of(Key service, Protocol protocol);

  /**
   * By the Service's name in the cluster's DNS: the question travels as a request would, so the
   * answer is about the path as it is, kube-proxy included.
   *
   * @param clusterDomain such as {@code cluster.local}
   */
  static ProbeAddresses byName(String clusterDomain) {
    return (service, protocol) -> {
      int port =
          switch (protocol) {
            case HTTP1 -> 80;
            case H2C -> 81;
          };
      return Optional.of(
          URI.create(
              "http://%s.%s.svc.%s:%d%s"
                  .formatted(service.name(), service.namespace(), clusterDomain, port, PATH)));
    };
  }

  /**
   * By the Service's Endpoints, where there is no cluster DNS and no kube-proxy: whoever sends
   * requests reads the same Endpoints.
   */
  static ProbeAddresses byEndpoints(Watched<Endpoints> endpoints) {
    return (service, protocol) ->
        endpoints
            .find(service)
            .flatMap(found -> firstAddress(found, protocol.servicePortName()))
            .map(address -> URI.create("http://" + address + PATH));
  }

  private static Optional<Address> firstAddress(Endpoints endpoints, String portName) {
    for (EndpointSubset subset : endpoints.getSubsets()) {
      for (EndpointPort port : subset.getPorts()) {
        if (portName.equals(port.getName()) && !subset.getAddresses().isEmpty()) {
          return Optional.of(new Address(subset.getAddresses().getFirst().getIp(), port.getPort()));
        }
      }
    }
    return Optional.empty();
  }
}
