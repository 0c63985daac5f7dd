package dev.bellows.controlplane.reconcile.route;

import dev.bellows.api.networking.IngressStatus;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.LoadBalancerIngressStatus;
import dev.bellows.api.networking.LoadBalancerStatus;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.Step.Severity;
import dev.bellows.controlplane.reconcile.WellKnown;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.ServiceSpecBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The Services under whose names the cluster finds a Route and its tags. They lead to the
 * networking layer, wherever it says it can be reached.
 */
final class PlaceholderServices {
  private static final ServicePort HTTP2 =
      new ServicePortBuilder()
          .withName("http2")
          .withProtocol("TCP")
          .withPort(80)
          .withTargetPort(new IntOrString(80))
          .withAppProtocol("kubernetes.io/h2c")
          .build();

  private static final ServicePort HTTP =
      new ServicePortBuilder()
          .withName("http")
          .withProtocol("TCP")
          .withPort(80)
          .withTargetPort(new IntOrString(80))
          .build();

  private PlaceholderServices() {}

  /**
   * The steps that bring one group's Service where it should be.
   *
   * @param ingress the Route's KIngress, whose status says where the networking layer is
   */
  static List<Step> steps(
      Route route,
      Hosts hosts,
      String tag,
      Optional<Service> found,
      Optional<Endpoints> endpoints,
      Optional<KIngress> ingress) {
    List<Step> steps = new ArrayList<>();
    ObjectMeta metadata = metadata(route, hosts.name(tag));
    Optional<LoadBalancerIngressStatus> entrance = ingress.flatMap(PlaceholderServices::entrance);
    if (found.isEmpty()) {
      ServiceSpec spec =
          entrance.map(PlaceholderServices::spec).orElseGet(() -> externalName(hosts.host(tag)));
      steps.add(
          new Step.Create(new ServiceBuilder().withMetadata(metadata).withSpec(spec).build()));
      steps.add(
          new Step.Announce(
              route,
              Severity.NORMAL,
              "Created",
              "Created placeholder service \"%s\"".formatted(metadata.getName())));
    } else if (entrance.isPresent()) {
      change(found.get(), spec(entrance.get()), metadata, steps);
    } else {
      // Where it led before it still leads, until the networking layer says otherwise.
      change(found.get(), found.get().getSpec(), metadata, steps);
    }
    entrance
        .map(LoadBalancerIngressStatus::ip)
        .filter(ip -> !ip.isEmpty())
        .ifPresent(ip -> endpoints(metadata, ip, endpoints, steps));
    return steps;
  }

  private static void change(
      Service found, ServiceSpec wanted, ObjectMeta metadata, List<Step> steps) {
    if (mustBeMadeAnew(found.getSpec(), wanted)) {
      steps.add(new Step.Delete(found));
      steps.add(
          new Step.Create(new ServiceBuilder().withMetadata(metadata).withSpec(wanted).build()));
      return;
    }
    Service changed =
        new ServiceBuilder(found)
            .withMetadata(
                new ObjectMetaBuilder(found.getMetadata())
                    .withLabels(merged(Children.labels(found), metadata.getLabels()))
                    .withAnnotations(merged(Children.annotations(found), metadata.getAnnotations()))
                    .build())
            .build();
    if (!leadsTheSameWay(found.getSpec(), wanted)) {
      changed =
          new ServiceBuilder(changed)
              .editSpec()
              .withType(wanted.getType())
              .withExternalName(wanted.getExternalName())
              .withPorts(wanted.getPorts())
              .endSpec()
              .build();
    }
    Step.patch(found, changed).ifPresent(steps::add);
  }

  private static boolean leadsTheSameWay(ServiceSpec found, ServiceSpec wanted) {
    return type(found).equals(type(wanted))
        && Objects.equals(found.getExternalName(), wanted.getExternalName())
        && found.getPorts().stream()
            .map(ServicePort::getName)
            .toList()
            .equals(wanted.getPorts().stream().map(ServicePort::getName).toList());
  }

  /** An address once assigned cannot be taken from a Service, nor given to a headless one. */
  private static boolean mustBeMadeAnew(ServiceSpec found, ServiceSpec wanted) {
    boolean wasCluster = type(found).equals("ClusterIP");
    boolean isCluster = type(wanted).equals("ClusterIP");
    if (wasCluster && !isCluster) {
      return true;
    }
    return wasCluster && isHeadless(found) != isHeadless(wanted);
  }

  private static boolean isHeadless(ServiceSpec spec) {
    return "None".equals(spec.getClusterIP());
  }

  private static String type(ServiceSpec spec) {
    return spec.getType() == null ? "ClusterIP" : spec.getType();
  }

  private static void endpoints(
      ObjectMeta metadata, String ip, Optional<Endpoints> found, List<Step> steps) {
    Endpoints wanted =
        new EndpointsBuilder()
            .withMetadata(metadata)
            .addNewSubset()
            .addNewAddress()
            .withIp(ip)
            .endAddress()
            .addNewPort()
            .withName(HTTP2.getName())
            .withProtocol("TCP")
            .withPort(80)
            .withAppProtocol(HTTP2.getAppProtocol())
            .endPort()
            .endSubset()
            .build();
    if (found.isEmpty()) {
      steps.add(new Step.Create(wanted));
    } else {
      Step.patch(
              found.get(),
              new EndpointsBuilder(found.get()).withSubsets(wanted.getSubsets()).build())
          .ifPresent(steps::add);
    }
  }

  /** Where the cluster enters the networking layer; more than one place cannot be named. */
  private static Optional<LoadBalancerIngressStatus> entrance(KIngress ingress) {
    IngressStatus status = ingress.getStatus();
    if (status == null) {
      return Optional.empty();
    }
    LoadBalancerStatus balancer =
        status.privateLoadBalancer() != null
            ? status.privateLoadBalancer()
            : status.publicLoadBalancer();
    return balancer != null && balancer.ingress().size() == 1
        ? Optional.of(balancer.ingress().getFirst())
        : Optional.empty();
  }

  private static ServiceSpec spec(LoadBalancerIngressStatus entrance) {
    if (isSet(entrance.ip())) {
      return new ServiceSpecBuilder()
          .withType("ClusterIP")
          .withClusterIP("None")
          .withPorts(HTTP2)
          .build();
    }
    String domain = entrance.domainInternal();
    if (domain == null || domain.isEmpty()) {
      domain = entrance.domain();
    }
    if (domain != null && !domain.isEmpty()) {
      return externalName(domain);
    }
    return new ServiceSpecBuilder().withType("ClusterIP").withPorts(HTTP).build();
  }

  private static ServiceSpec externalName(String domain) {
    return new ServiceSpecBuilder()
        .withType("ExternalName")
        .withExternalName(domain)
        .withSessionAffinity("None")
        .withPorts(HTTP2)
        .build();
  }

  private static ObjectMeta metadata(Route route, String name) {
    Map<String, String> labels =
        Children.without(Children.labels(route), List.of(WellKnown.VISIBILITY));
    labels.put(WellKnown.ROUTE, route.getMetadata().getName());
    return Children.metadata(route, name, labels, Children.annotations(route));
  }

  private static Map<String, String> merged(
      Map<String, String> found, @Nullable Map<String, String> wanted) {
    Map<String, String> result = new LinkedHashMap<>(found);
    result.putAll(Children.orEmpty(wanted));
    return result;
  }

  private static boolean isSet(@Nullable String text) {
    return text != null && !text.isEmpty();
  }
}
