package dev.bellows.app.wiring;

import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A WebSocket's address behind a Service, one of its ready addresses by chance at each question:
 * what DNS and kube-proxy answer where they are there.
 *
 * @param endpoints of all Services
 * @param namespace the Service's
 * @param name the Service's, which has one port
 */
record ServiceEndpoints(Watched<Endpoints> endpoints, String namespace, String name)
    implements Supplier<Optional<URI>> {
  @Override
  public Optional<URI> get() {
    List<URI> ready =
        endpoints
            .find(namespace, name)
            .map(found -> found.getSubsets().stream().flatMap(ServiceEndpoints::addresses).toList())
            .orElse(List.of());
    return ready.isEmpty()
        ? Optional.empty()
        : Optional.of(ready.get(ThreadLocalRandom.current().nextInt(ready.size())));
  }

  private static Stream<URI> addresses(EndpointSubset subset) {
    return subset.getPorts().stream()
        .flatMap(port ->
            subset.getAddresses().stream()
                .map(address -> URI.create("ws://" + address.getIp() + ":" + port.getPort())));
  }
}
