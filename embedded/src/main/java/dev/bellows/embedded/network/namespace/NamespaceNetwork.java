package dev.bellows.embedded.network.namespace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.Sockets;
import dev.bellows.embedded.network.Cidr;
import dev.bellows.embedded.network.PodAddresses;
import dev.bellows.embedded.network.PodNetwork;
import dev.bellows.embedded.network.namespace.Kernel.KernelException;
import dev.bellows.embedded.network.namespace.NetworkNamespace.Home;
import dev.bellows.embedded.network.service.ClusterDns;
import dev.bellows.embedded.network.service.ResolvConf;
import dev.bellows.embedded.store.DataFiles;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network of its own for every pod, for a machine where we may make such: the pod has an address
 * that machine and pods reach, and all ports for itself. Its programs may listen where they like,
 * on 127.0.0.1 too.
 *
 * <p>Each data directory takes 65,536 addresses that the machine has no other use for, and records
 * them: the lower half is for pods, the upper for Services. To make a pod's network takes about a
 * millisecond of the kernel's, so a few are kept ready.
 */
public final class NamespaceNetwork implements PodNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(NamespaceNetwork.class);

  /** How many networks wait for their pods. */
  private static final int PREPARED = 8;

  private static final int MAKERS = 2;

  /** Addresses of pods: the first 256 are the node's, the upper half is for Services. */
  private static final int FIRST_POD = 256;

  private static final int POD_ADDRESSES = (1 << 15) - FIRST_POD;

  /** How long the kernel may take to remove what a predecessor that was killed has left. */
  private static final Duration REMOVAL = Duration.ofSeconds(2);

  /** Of the addresses of Services the one that Kubernetes' installers choose. */
  private static final int NAME_SERVER = 10;

  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final String RECORD = "namespaces.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Home home;
  private final Cidr network;
  private final Router router;
  private final ProxyEngine engine;
  private final Optional<String> hindrance;
  private final Path resolvConfDirectory;
  private final Map<String, Path> resolvConfs = new ConcurrentHashMap<>();
  private final ExecutorService makers =
      Executors.newFixedThreadPool(
          MAKERS, Thread.ofPlatform().name("pod-network-", 0).daemon().factory());
  private final BlockingQueue<Lease> prepared = new ArrayBlockingQueue<>(PREPARED);
  private final Map<String, Lease> leases = new HashMap<>();
  private final Set<String> usedIps = new HashSet<>();
  private int nextAddress;
  private boolean closed;

  private record Lease(String ip, NetworkNamespace namespace) {
    PodAddresses addresses() {
      return new PodAddresses(ip, ip, Map.of(), Optional.of(namespace.path()));
    }
  }

  private NamespaceNetwork(
      Home home, Cidr network, Router router, ProxyEngine engine, Path dataDirectory) {
    this.home = home;
    this.network = network;
    this.router = router;
    this.engine = engine;
    this.hindrance = router.divert();
    this.resolvConfDirectory = dataDirectory.resolve("resolv.conf.d");
  }

  /**
   * Takes the network that the data directory had before, or a free one.
   *
   * @param engine is told which addresses stand for a network of their own
   * @throws IOException if this machine does not let us, or no network is free; its message says
   *     why
   */
  public static NamespaceNetwork claim(Path dataDirectory, ProxyEngine engine) throws IOException {
    Path record = dataDirectory.resolve(RECORD);
    Home home = new Home();
    try {
      Optional<Cidr> before = recorded(record);
      List<Cidr> candidates = new ArrayList<>();
      before.ifPresent(candidates::add);
      candidates.addAll(
          HostNetworks.candidates(
              HostNetworks.inUse(), dataDirectory.toAbsolutePath().toString().hashCode()));
      for (Cidr candidate : candidates) {
        Optional<Router> router = take(home, candidate, before.filter(candidate::equals));
        if (router.isPresent()) {
          DataFiles.ownerOnlyDirectory(dataDirectory);
          Files.write(record, JSON.writeValueAsBytes(Map.of("cidr", candidate.toString())));
          NamespaceNetwork network =
              new NamespaceNetwork(home, candidate, router.get(), engine, dataDirectory);
          network.prepare();
          return network;
        }
      }
      throw new IOException("every network that pods could be given is in use on this machine");
    } catch (IOException | RuntimeException e) {
      home.close();
      throw e;
    }
  }

  private static Optional<Cidr> recorded(Path record) throws IOException {
    if (!Files.exists(record)) {
      return Optional.empty();
    }
    try {
      Cidr cidr = Cidr.parse(JSON.readTree(record.toFile()).path("cidr").asText());
      List<Cidr> others = HostNetworks.inUse();
      // Its own route may be there still, if its predecessor was killed a moment ago.
      others.remove(cidr);
      return HostNetworks.candidates(others, 0).contains(cidr)
          ? Optional.of(cidr)
          : Optional.empty();
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Empty if somebody else has it. */
  private static Optional<Router> take(Home home, Cidr network, Optional<Cidr> ours)
      throws IOException {
    long deadline = System.nanoTime() + REMOVAL.toNanos();
    while (true) {
      try {
        return Optional.of(Router.open(home, network));
      } catch (KernelException e) {
        if (e.errno() != Kernel.EEXIST) {
          throw e;
        }
        if (ours.isEmpty() || System.nanoTime() - deadline > 0) {
          return Optional.empty();
        }
        pause();
      }
    }
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the kernel removes an earlier network", e);
    }
  }

  @Override
  public String nodeIp() {
    return Router.machineIp(network);
  }

  @Override
  public String podCidr() {
    return network.half(0).toString();
  }

  /** The network that Services get their addresses from. */
  public Cidr serviceCidr() {
    return Router.services(network);
  }

  /** Opens sockets that have Services' addresses, where pods and machine reach them. */
  public Sockets services() {
    return router.sockets();
  }

  /** Where the cluster's name server is to be. */
  public InetSocketAddress nameServer() {
    return new InetSocketAddress(Router.services(network).at(NAME_SERVER), ClusterDns.PORT);
  }

  @Override
  public Optional<Path> resolvConf(String namespace) {
    return Optional.of(resolvConfs.computeIfAbsent(namespace, this::writeResolvConf));
  }

  private Path writeResolvConf(String namespace) {
    if (!NAMESPACE.matcher(namespace).matches()) {
      throw new IllegalArgumentException("'" + namespace + "' is no namespace");
    }
    try {
      Path file = DataFiles.ownerOnlyDirectory(resolvConfDirectory).resolve(namespace + ".conf");
      Files.writeString(
          file,
          ResolvConf.ofPod(
              namespace, nameServer().getAddress().getHostAddress(), ResolvConf.ofHost()));
      // Whoever a program runs as may read it; where it is mounted, that is all of the way to it.
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException("resolv.conf of namespace " + namespace, e);
    }
  }

  /**
   * Why programs cannot connect to other machines; empty if they can. They do so by way of {@link
   * #diverted}.
   */
  public Optional<String> hindrance() {
    return hindrance;
  }

  /** Where connections arrive that programs make to other machines. */
  public Address diverted() {
    return router.diverted();
  }

  /** Where a connection that arrives at {@link #diverted} was to go. */
  public static Address destination(Channel connection) throws IOException {
    return Router.destination(connection);
  }

  @Override
  public PodAddresses attach(String podUid, Set<Integer> containerPorts) {
    synchronized (this) {
      Lease known = leases.get(podUid);
      if (known != null) {
        return known.addresses();
      }
    }
    Lease ready = prepared.poll();
    Lease lease = ready == null ? await(makers.submit(this::make)) : ready;
    prepare();
    engine.enter(lease.ip(), lease.namespace());
    synchronized (this) {
      leases.put(podUid, lease);
    }
    return lease.addresses();
  }

  private static Lease await(Future<Lease> made) {
    try {
      return made.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a pod's network was made", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("no network for the pod: " + e.getMessage(), e);
    }
  }

  private void prepare() {
    try {
      makers.execute(this::fill);
    } catch (RejectedExecutionException e) {
      LOG.debug("no further networks: this one is closed");
    }
  }

  private void fill() {
    try {
      while (prepared.remainingCapacity() > 0) {
        Lease lease = make();
        if (!offer(lease)) {
          giveBack(lease);
        }
      }
    } catch (IOException | RuntimeException e) {
      // The pod that needs one tries again, and then it is told.
      LOG.debug("no network could be prepared", e);
    }
  }

  private synchronized boolean offer(Lease lease) {
    return !closed && prepared.offer(lease);
  }

  private Lease make() throws IOException {
    String ip = takeIp();
    try {
      return new Lease(ip, router.connect(ip));
    } catch (IOException | RuntimeException e) {
      giveBack(ip);
      throw e;
    }
  }

  /** In turn, so that nobody dials a pod that has the address of the one he means. */
  private synchronized String takeIp() {
    if (closed) {
      throw new IllegalStateException("the network is closed");
    }
    for (int tried = 0; tried < POD_ADDRESSES; tried++) {
      String ip = network.at(FIRST_POD + nextAddress);
      nextAddress = (nextAddress + 1) % POD_ADDRESSES;
      if (usedIps.add(ip)) {
        return ip;
      }
    }
    throw new IllegalStateException("no address is left in " + podCidr());
  }

  private synchronized void giveBack(String ip) {
    usedIps.remove(ip);
  }

  private void giveBack(Lease lease) {
    lease.namespace().close();
    giveBack(lease.ip());
  }

  @Override
  public void detach(String podUid) {
    Lease lease;
    synchronized (this) {
      lease = leases.remove(podUid);
    }
    if (lease != null) {
      engine.leave(lease.ip());
      giveBack(lease);
    }
  }

  /** Takes all that was made away again. */
  @Override
  public void close() {
    List<Lease> all;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      all = new ArrayList<>(leases.values());
      leases.clear();
      prepared.drainTo(all);
    }
    makers.shutdown();
    try {
      if (!makers.awaitTermination(REMOVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("a pod's network is still being made; it ends with this process");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    all.forEach(lease -> {
      engine.leave(lease.ip());
      giveBack(lease);
    });
    router.close();
    home.close();
  }
}
