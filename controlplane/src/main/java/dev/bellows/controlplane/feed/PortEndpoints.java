package dev.bellows.controlplane.feed;

import dev.bellows.core.route.Address;
import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointPort;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The addresses behind one named port of an Endpoints object. */
final class PortEndpoints {
  private PortEndpoints() {}

  /**
   * @param portName as the Service names it; null or empty for a Service's only, nameless port
   */
  static dev.bellows.core.route.Endpoints of(Endpoints endpoints, @Nullable String portName) {
    List<Address> ready = new ArrayList<>();
    List<Address> notReady = new ArrayList<>();
    for (EndpointSubset subset : endpoints.getSubsets()) {
      for (EndpointPort port : subset.getPorts()) {
        if (orEmpty(port.getName()).equals(orEmpty(portName)) && port.getPort() != null) {
          add(subset.getAddresses(), port.getPort(), ready);
          add(subset.getNotReadyAddresses(), port.getPort(), notReady);
        }
      }
    }
    return new dev.bellows.core.route.Endpoints(ready, notReady);
  }

  private static void add(List<EndpointAddress> addresses, int port, List<Address> to) {
    addresses.forEach(address -> to.add(new Address(address.getIp(), port)));
  }

  private static String orEmpty(@Nullable String name) {
    return Objects.requireNonNullElse(name, "");
  }
}
