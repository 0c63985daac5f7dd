package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
import dev.bellows.embedded.image.Image;
import dev.bellows.embedded.image.ImageUnavailableException;
import dev.bellows.embedded.network.PodAddresses;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.Executable;
import dev.bellows.embedded.runtime.ImageStore;
import dev.bellows.embedded.runtime.Isolation;
import dev.bellows.embedded.runtime.Mount;
import dev.bellows.embedded.runtime.Stdio;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Turns a container's definition into something to start, and starts it: its image, its environment
 * with everything it refers to, its command. Remembers where the pod's ports really are.
 */
final class ContainerStarter {
  /** Shows people which port a pod's program was given. */
  static final String PORT_ANNOTATION = "bellows.dev/port";

  /**
   * Tells, as {@code declared=real} pairs, which of a pod's ports are not where its definition says
   * they are; the Endpoints are made from it.
   */
  static final String PORTS_ANNOTATION = "bellows.dev/ports";

  /** Tells a program where to listen that listens at its pod's address. */
  private static final String LISTEN_IP = "BELLOWS_LISTEN_IP";

  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
  private static final int USER_PORT = 8080;

  private final Node node;
  private final PodDirectory directory;
  private final PodVolumes volumes;
  private final PodUser user;

  /** Written by the thread that starts the queue-proxy, read by the pod's worker. */
  private volatile Map<Integer, Integer> queueProxyPorts = Map.of();

  /** The ports of programs that listen at the pod's address; found before any of them starts. */
  private volatile Set<Integer> portsAtPodIp = Set.of();

  ContainerStarter(Node node, PodDirectory directory, PodVolumes volumes) {
    this.node = node;
    this.directory = directory;
    this.volumes = volumes;
    this.user = new PodUser(node);
  }

  private boolean isQueueProxy(ContainerSlot slot) {
    return !slot.isInit && node.queueProxies().runs(slot.name, slot.image());
  }

  /** Whether a container's program listens at the pod's address alone. */
  private boolean isAtPodIp(ContainerSlot slot) {
    try {
      return node.images().resolve(slot.image()).atPodIp();
    } catch (ImageUnavailableException e) {
      return false; // what becomes of the container is told when it is to start
    }
  }

  /**
   * The ports that programs of a pod need a place for, by what its definition says; whoever listens
   * at the pod's address has one.
   */
  Set<Integer> ports(List<ContainerSlot> slots) {
    Set<Integer> ports = new LinkedHashSet<>();
    Set<Integer> atPodIp = new LinkedHashSet<>();
    for (ContainerSlot slot : slots) {
      if (!isQueueProxy(slot)) {
        Set<Integer> own = isAtPodIp(slot) ? atPodIp : ports;
        for (JsonNode port : slot.definition.path("ports")) {
          own.add(port.path("containerPort").asInt());
        }
        declaredPort(slot.definition).ifPresent(own::add);
      }
    }
    portsAtPodIp = Set.copyOf(atPodIp);
    return ports;
  }

  /** The port a program is told to listen on: by PORT, or the first that it declares. */
  private static Optional<Integer> declaredPort(JsonNode definition) {
    for (JsonNode variable : definition.path("env")) {
      if (variable.path("name").asText().equals("PORT")) {
        try {
          return Optional.of(Integer.parseInt(variable.path("value").asText()));
        } catch (NumberFormatException e) {
          return Optional.empty(); // not a port: none of our business
        }
      }
    }
    JsonNode first = definition.path("ports").path(0).path("containerPort");
    return first.isMissingNode() ? Optional.empty() : Optional.of(first.asInt());
  }

  Container start(ContainerSlot slot, ObjectNode pod, PodAddresses addresses)
      throws ImageUnavailableException, ContainerEnvironment.Missing, ContainerStartException {
    checkProbes(slot);
    ContainerId id =
        new ContainerId(pod.path("metadata").path("uid").asText(), slot.name, slot.restarts);
    ContainerEnvironment environment =
        new ContainerEnvironment(
            node.api(),
            pod,
            Map.of(
                "status.podIP", addresses.podIp(),
                "status.podIPs", addresses.podIp(),
                "status.hostIP", node.network().nodeIp(),
                "status.hostIPs", node.network().nodeIp(),
                "spec.serviceAccountName",
                    pod.path("spec").path("serviceAccountName").asText("default")));
    if (isQueueProxy(slot)) {
      Map<String, String> variables = environment.of(slot.definition, Map.of(), Map.of());
      QueueProxies.Running proxy =
          node.queueProxies()
              .start(
                  id,
                  variables,
                  addresses.podIp(),
                  user(variables, addresses),
                  directory.log(slot.name, slot.restarts),
                  volumes.certificates(slot.definition));
      queueProxyPorts = Map.copyOf(proxy.ports());
      return proxy;
    }
    Optional<Image> program = program(slot);
    Map<String, String> decided = new HashMap<>();
    declaredPort(slot.definition)
        .ifPresent(port -> decided.put("PORT", Integer.toString(addresses.port(port))));
    if (program.filter(Image::atPodIp).isPresent()) {
      decided.put(LISTEN_IP, addresses.podIp());
    }
    Map<String, String> variables =
        new HashMap<>(
            environment.of(
                slot.definition, program.map(Image::environment).orElse(Map.of()), decided));
    variables.putIfAbsent("HOSTNAME", pod.path("metadata").path("name").asText());
    return node.runtime()
        .start(
            new ContainerSpec(
                id,
                slot.image(),
                executable(slot, program, variables),
                variables,
                workingDirectory(slot.definition, program),
                stdio(slot.definition),
                directory.log(slot.name, slot.restarts),
                isolation(slot, pod, addresses, variables)));
  }

  /** What programs of the pod find names by, unless the pod wants the machine's own way. */
  private Optional<Mount> names(ObjectNode pod) {
    if (pod.path("spec").path("dnsPolicy").asText("ClusterFirst").equals("Default")) {
      return Optional.empty();
    }
    return node.network()
        .resolvConf(pod.path("metadata").path("namespace").asText())
        .map(file -> Mount.of(file, RESOLV_CONF, true));
  }

  private static Address user(Map<String, String> variables, PodAddresses addresses)
      throws ContainerStartException {
    try {
      return addresses.program(
          Integer.parseInt(variables.getOrDefault("USER_PORT", Integer.toString(USER_PORT))));
    } catch (IllegalArgumentException e) {
      throw new ContainerStartException("USER_PORT: " + e.getMessage(), e);
    }
  }

  private static void checkProbes(ContainerSlot slot) throws ContainerEnvironment.Missing {
    for (ProbeLoop.Kind kind : ProbeLoop.Kind.values()) {
      JsonNode probe = slot.definition.path(kind.field());
      if (probe.isObject() && !Handler.knows(probe)) {
        throw new ContainerEnvironment.Missing(
            kind.field() + " has no handler of httpGet, tcpSocket, grpc and exec");
      }
    }
  }

  private Isolation isolation(
      ContainerSlot slot, ObjectNode pod, PodAddresses addresses, Map<String, String> variables)
      throws ContainerEnvironment.Missing, ContainerStartException {
    try {
      List<Mount> mounts = new ArrayList<>();
      names(pod).ifPresent(mounts::add); // first: a volume of the pod's may cover it
      mounts.addAll(volumes.mounts(pod, slot.definition, variables));
      return new Isolation(
          addresses.namespace(),
          mounts,
          user.of(pod, slot.definition),
          ContainerLimits.of(slot.definition, node.runtime().powers()));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new ContainerStartException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * The program that an image's name stands for; empty if the runtime has an image of that name. A
   * name that is known here is looked for nowhere else.
   */
  private Optional<Image> program(ContainerSlot slot) throws ImageUnavailableException {
    Optional<ImageStore> store = node.runtime().images();
    try {
      return Optional.of(node.images().resolve(slot.image()));
    } catch (ImageUnavailableException e) {
      if (store.isEmpty()) {
        throw e;
      }
      store
          .get()
          .require(
              slot.image(),
              ImageStore.PullPolicy.of(slot.definition.path("imagePullPolicy").asText()));
      return Optional.empty();
    }
  }

  /** Kubernetes' rule: command replaces the image's, args follow whichever it is. */
  private static Executable executable(
      ContainerSlot slot, Optional<Image> program, Map<String, String> variables) {
    List<String> own = words(slot.definition.path("command"), variables);
    List<String> arguments = words(slot.definition.path("args"), variables);
    if (program.isEmpty()) {
      return new Executable.OfImage(slot.image(), own, arguments);
    }
    List<String> command = new ArrayList<>(own);
    if (own.isEmpty()) {
      program
          .get()
          .command()
          .forEach(word -> command.add(ContainerEnvironment.expand(word, variables)));
    }
    command.addAll(arguments);
    return new Executable.Program(command);
  }

  private static List<String> words(JsonNode list, Map<String, String> variables) {
    List<String> words = new ArrayList<>();
    list.forEach(word -> words.add(ContainerEnvironment.expand(word.asText(), variables)));
    return words;
  }

  private static Stdio stdio(JsonNode definition) {
    if (definition.path("tty").asBoolean()) {
      return Stdio.TERMINAL;
    }
    return definition.path("stdin").asBoolean() ? Stdio.PIPES : Stdio.OUTPUT_ONLY;
  }

  private static Optional<Path> workingDirectory(JsonNode definition, Optional<Image> program) {
    String own = definition.path("workingDir").asText("");
    return own.isEmpty() ? program.flatMap(Image::workingDirectory) : Optional.of(Path.of(own));
  }

  /** Forgets what a container that has ended had opened. */
  void ended(ContainerSlot slot) {
    if (isQueueProxy(slot)) {
      queueProxyPorts = Map.of();
    }
  }

  Handler handler(ContainerSlot slot, Container container, PodAddresses addresses) {
    return new Handler(slot.definition, container, port -> dial(port, addresses), node.prober());
  }

  /** Where a port that a container of the pod declares is dialled; on any thread. */
  Address dial(int port, PodAddresses addresses) {
    if (portsAtPodIp.contains(port)) {
      return new Address(addresses.podIp(), port);
    }
    Integer open = queueProxyPorts.get(port);
    return open == null ? addresses.program(port) : new Address(addresses.podIp(), open);
  }

  /** Writes onto the pod where its ports are. */
  void annotate(ObjectNode pod, PodAddresses addresses) {
    Map<Integer, Integer> moved = new TreeMap<>(addresses.ports());
    moved.putAll(queueProxyPorts);
    moved.entrySet().removeIf(each -> each.getKey().equals(each.getValue()));
    ObjectNode annotations = pod.withObjectProperty("metadata").withObjectProperty("annotations");
    if (!moved.isEmpty()) {
      annotations.put(
          PORTS_ANNOTATION,
          String.join(
              ",",
              moved.entrySet().stream()
                  .map(each -> each.getKey() + "=" + each.getValue())
                  .toList()));
    }
    for (JsonNode container : pod.path("spec").path("containers")) {
      String name = container.path("name").asText();
      Optional<Integer> port = declaredPort(container);
      if (port.isPresent() && !node.queueProxies().runs(name, container.path("image").asText())) {
        annotations.put(PORT_ANNOTATION, Integer.toString(addresses.port(port.get())));
        return;
      }
    }
  }
}
