package dev.bellows.controlplane.reconcile.serverlessservice;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.shard.Subset;
import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointPort;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.EndpointSubsetBuilder;
import io.fabric8.kubernetes.api.model.Endpoints;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who stands behind the public Service. Ports are those of the source, found by name: a pod or
 * activator may listen on another port than the standard one, and its Endpoints say so.
 */
final class PublicEndpoints {
  private PublicEndpoints() {}

  /** Whether anyone is ready there. */
  static boolean hasReady(Endpoints endpoints) {
    return endpoints.getSubsets().stream().anyMatch(subset -> !subset.getAddresses().isEmpty());
  }

  /** The pods themselves, ready or not. */
  static List<EndpointSubset> ofPods(Endpoints pods, Protocol protocol) {
    return withServingPorts(pods.getSubsets(), protocol);
  }

  /**
   * The activators of one ServerlessService, chosen so that each serves about as many.
   *
   * @param count how many; 0 = all
   */
  static List<EndpointSubset> ofActivators(
      Endpoints activators, Protocol protocol, String sks, int count) {
    Set<String> ready = new TreeSet<>();
    for (EndpointSubset subset : activators.getSubsets()) {
      subset.getAddresses().forEach(address -> ready.add(address.getIp()));
    }
    Set<String> chosen =
        new TreeSet<>(Subset.choose(ready, count == 0 ? ready.size() : count, sks));
    List<EndpointSubset> subsets = new ArrayList<>();
    for (EndpointSubset subset : activators.getSubsets()) {
      List<EndpointAddress> addresses =
          subset.getAddresses().stream().filter(a -> chosen.contains(a.getIp())).toList();
      if (!addresses.isEmpty()) {
        subsets.add(
            new EndpointSubsetBuilder()
                .withAddresses(addresses)
                .withPorts(subset.getPorts())
                .build());
      }
    }
    return withServingPorts(subsets, protocol);
  }

  private static List<EndpointSubset> withServingPorts(
      List<EndpointSubset> subsets, Protocol protocol) {
    List<EndpointSubset> result = new ArrayList<>();
    for (EndpointSubset subset : subsets) {
      List<EndpointPort> ports =
          subset.getPorts().stream()
              .filter(port ->
                  protocol.servicePortName().equals(port.getName())
                      || ServicePair.HTTPS.equals(port.getName()))
              .toList();
      if (!ports.isEmpty()) {
        result.add(new EndpointSubsetBuilder(subset).withPorts(ports).build());
      }
    }
    return result;
  }
}
