package dev.bellows.controlplane.reconcile.serverlessservice;

import dev.bellows.api.networking.ServerlessService;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.revision.Protocol;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The two Services of a ServerlessService, as they should be. */
final class ServicePair {
  static final String HTTPS = "https";
  private static final int HTTPS_PORT = 8112;
  private static final String H2C = "kubernetes.io/h2c";

  private ServicePair() {}

  /** Selects the pods; nobody but activators, scrapers and meshes uses it. */
  static Service privateService(
      ServerlessService sks, Protocol protocol, Map<String, String> selector) {
    int port = protocol.queueProxyPort();
    return new ServiceBuilder()
        .withMetadata(
            metadata(
                sks,
                ServerlessServicePlan.privateName(sks.getMetadata().getName()),
                WellKnown.PRIVATE))
        .withNewSpec()
        .withPorts(
            List.of(
                serving(protocol, 80),
                port(HTTPS, 443, new IntOrString(HTTPS_PORT)),
                port("http-autometric", 9090, new IntOrString("http-autometric")),
                port("http-usermetric", 9091, new IntOrString("http-usermetric")),
                // A mesh names ports by protocol; by this one it reaches the pod itself.
                port(protocol.servicePortName() + "-istio", port, new IntOrString(port))))
        .withSelector(selector)
        .endSpec()
        .build();
  }

  /** Selects nothing: we write its Endpoints. */
  static Service publicService(ServerlessService sks, Protocol protocol) {
    int port =
        switch (protocol) {
          case HTTP1 -> 80;
          case H2C -> 81;
        };
    return new ServiceBuilder()
        .withMetadata(publicMetadata(sks))
        .withNewSpec()
        .withPorts(List.of(serving(protocol, port), port(HTTPS, 443, new IntOrString(HTTPS_PORT))))
        .endSpec()
        .build();
  }

  /** Metadata of the public Service and of its Endpoints. */
  static ObjectMeta publicMetadata(ServerlessService sks) {
    return metadata(sks, sks.getMetadata().getName(), WellKnown.PUBLIC);
  }

  /** Whether two lists name the same ports; what the server fills in by itself does not count. */
  static boolean samePorts(List<ServicePort> found, List<ServicePort> wanted) {
    if (found.size() != wanted.size()) {
      return false;
    }
    for (int i = 0; i < wanted.size(); i++) {
      ServicePort a = found.get(i);
      ServicePort b = wanted.get(i);
      if (!Objects.equals(a.getName(), b.getName())
          || !Objects.equals(a.getPort(), b.getPort())
          || !Objects.equals(a.getTargetPort(), b.getTargetPort())
          || !Objects.equals(a.getAppProtocol(), b.getAppProtocol())) {
        return false;
      }
    }
    return true;
  }

  private static ServicePort serving(Protocol protocol, int port) {
    ServicePortBuilder builder =
        new ServicePortBuilder(
            port(protocol.servicePortName(), port, new IntOrString(protocol.queueProxyPort())));
    return switch (protocol) {
      case HTTP1 -> builder.build();
      case H2C -> builder.withAppProtocol(H2C).build();
    };
  }

  private static ServicePort port(String name, int port, IntOrString target) {
    return new ServicePortBuilder()
        .withName(name)
        .withProtocol("TCP")
        .withPort(port)
        .withTargetPort(target)
        .build();
  }

  private static ObjectMeta metadata(ServerlessService sks, String name, String type) {
    Map<String, String> labels = new LinkedHashMap<>(Children.labels(sks));
    labels.put(WellKnown.SERVERLESS_SERVICE, sks.getMetadata().getName());
    labels.put(WellKnown.SERVICE_TYPE, type);
    return Children.metadata(sks, name, labels, Children.annotations(sks));
  }
}
