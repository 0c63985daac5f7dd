package dev.bellows.app.wiring;

import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.network.Cidr;
import dev.bellows.embedded.network.LoopbackNetwork;
import dev.bellows.embedded.network.PodNetwork;
import dev.bellows.embedded.network.namespace.NamespaceNetwork;
import dev.bellows.embedded.network.service.ClusterDns;
import dev.bellows.embedded.network.service.ResolvConf;
import dev.bellows.embedded.network.service.ServiceProxy;
import dev.bellows.embedded.network.service.ServiceTable;
import dev.bellows.embedded.runtime.ContainerRuntime;
import dev.bellows.embedded.runtime.Powers;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What pods have for a network, and what leads Services' addresses and names to them (ADR 0070).
 */
final class ClusterNetwork implements AutoCloseable {
  /** As a cluster set up by kubeadm has it; nobody can dial these. */
  private static final Cidr UNREACHABLE_SERVICES = Cidr.parse("10.96.0.0/16");

  private final PodNetwork pods;
  private final Optional<NamespaceNetwork> namespaces;
  private final String inForce;
  private final Closing closing = new Closing();

  private ClusterNetwork(PodNetwork pods, Optional<NamespaceNetwork> namespaces, String inForce) {
    this.pods = closing.add(pods);
    this.namespaces = namespaces;
    this.inForce = inForce;
  }

  /** What was asked for is not to be had here. */
  static final class UnavailableException extends IOException {
    @Serial private static final long serialVersionUID = 1L;

    UnavailableException(String message) {
      super(message);
    }

    UnavailableException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Takes a network for the pods of a data directory.
   *
   * @param settings say which
   * @param runtime is to start programs in it
   * @param engine is told which addresses stand for networks of their own
   * @throws UnavailableException if the one that is wanted cannot be had
   */
  static ClusterNetwork open(
      Path directory, Settings settings, ContainerRuntime runtime, ProxyEngine engine)
      throws IOException {
    return switch (settings.network()) {
      case loopback -> loopback(directory, "");
      case namespaces -> namespaces(directory, runtime, engine, true);
      case auto -> {
        try {
          yield namespaces(directory, runtime, engine, false);
        } catch (UnavailableException e) {
          yield loopback(directory, " (no network of their own: " + e.getMessage() + ")");
        }
      }
    };
  }

  private static ClusterNetwork namespaces(
      Path directory, ContainerRuntime runtime, ProxyEngine engine, boolean insisting)
      throws UnavailableException {
    NamespaceNetwork network;
    try {
      network = claim(directory, runtime, engine);
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
    Optional<String> hindrance = network.hindrance();
    if (hindrance.isPresent() && !insisting) {
      network.close();
      throw new UnavailableException("they would reach no other machine: " + hindrance.get());
    }
    return new ClusterNetwork(
        network,
        Optional.of(network),
        "a network of its own for each pod, with addresses in "
            + network.podCidr()
            + "; Services in "
            + network.serviceCidr()
            + ", their names by the name server "
            + network.nameServer().getAddress().getHostAddress()
            + hindrance.map(why -> "; no way to other machines: " + why).orElse(""));
  }

  private static ClusterNetwork loopback(Path directory, String why) throws IOException {
    LoopbackNetwork network = LoopbackNetwork.claim(directory);
    return new ClusterNetwork(
        network,
        Optional.empty(),
        "the machine's network for all pods, with addresses in " + network.podCidr() + why);
  }

  private static NamespaceNetwork claim(
      Path directory, ContainerRuntime runtime, ProxyEngine engine) throws IOException {
    // First what is known at once: most machines are of people who are not root.
    if (!Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
      throw new IOException("only root may make such");
    }
    Powers powers = runtime.powers();
    boolean enough =
        Stream.of(Powers.Power.NETWORK_NAMESPACE, Powers.Power.MOUNTS).allMatch(powers::has);
    if (!enough) {
      throw new IOException(powers.hindrance());
    }
    return NamespaceNetwork.claim(directory, engine);
  }

  /** Carries connections to Services, and answers for their names, once the informers start. */
  void serve(Informers informers, ProxyEngine engine) throws IOException {
    if (namespaces.isEmpty()) {
      return;
    }
    NamespaceNetwork network = namespaces.get();
    ResolvConf host = ResolvConf.ofHost();
    ServiceTable table = new ServiceTable(informers);
    ServiceProxy proxy = closing.add(new ServiceProxy(engine.loops(), network.services(), table));
    proxy.serveDiverted(network.diverted(), NamespaceNetwork::destination);
    closing.add(
        ClusterDns.start(engine.loops(), network.services(), network.nameServer(), table, host));
    proxy.serveNames(network.nameServer(), host);
    proxy.serveServices();
  }

  /** The network that Services get their addresses from. */
  Cidr services() {
    return namespaces.map(NamespaceNetwork::serviceCidr).orElse(UNREACHABLE_SERVICES);
  }

  PodNetwork pods() {
    return pods;
  }

  /** What holds, in a few words. */
  String inForce() {
    return inForce;
  }

  @Override
  public void close() {
    closing.close();
  }
}
