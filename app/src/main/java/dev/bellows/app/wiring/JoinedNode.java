package dev.bellows.app.wiring;

import dev.bellows.app.kubelet.ClientAuthorities;
import dev.bellows.app.kubelet.ClusterNodeApi;
import dev.bellows.app.kubelet.NodeHeartbeat;
import dev.bellows.app.kubelet.ReviewedAccess;
import dev.bellows.controlplane.reconcile.EventRecorder;
import dev.bellows.controlplane.reconcile.Pace;
import dev.bellows.controlplane.watch.PlainWatches;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.queueproxy.SharedQueueProxy;
import dev.bellows.embedded.apiserver.KubeletServer;
import dev.bellows.embedded.image.BuiltInImages;
import dev.bellows.embedded.image.ImageRegistry;
import dev.bellows.embedded.kubelet.ContainerLogs;
import dev.bellows.embedded.kubelet.Kubelet;
import dev.bellows.embedded.kubelet.Node;
import dev.bellows.embedded.kubelet.SharedQueueProxies;
import dev.bellows.embedded.network.RoutedNetwork;
import dev.bellows.embedded.runtime.process.Account;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.DataFiles;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * This machine as a node of a cluster that somebody else runs: the kubelet of the one-machine mode,
 * its process runtime and its queue-proxies, behind an API server of any make.
 */
public final class JoinedNode implements AutoCloseable {
  /** What programs get to end when the node ends. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  private final Settings settings;
  private final Closing closing;
  private final RoutedNetwork network;
  private final ImageRegistry images;
  private final Kubelet kubelet;
  private final boolean answersApiServers;

  /**
   * What a node is told.
   *
   * @param kubeconfig how to reach the cluster, and as whom
   * @param name the node's name
   * @param dataDirectory where images, logs and the runtime's records are
   * @param podCidr the addresses of its pods
   * @param nodeIp its own address; empty = the first of the pods'
   * @param port where its server listens
   * @param clientCa who vouches for API servers; empty = whom the cluster publishes
   * @param runtime what runs containers
   * @param runAs the user whom programs run as; empty = whoever started us
   */
  public record Settings(
      Path kubeconfig,
      String name,
      Path dataDirectory,
      String podCidr,
      Optional<String> nodeIp,
      int port,
      Optional<Path> clientCa,
      dev.bellows.app.wiring.Settings.ContainerRuntime runtime,
      Optional<Account> runAs) {}

  private JoinedNode(Settings settings, Closing closing) throws IOException {
    this.settings = settings;
    this.closing = closing;
    Clock clock = Clock.systemUTC();
    DataDirectory directory = closing.add(DataDirectory.claim(settings.dataDirectory()));
    network = closing.add(RoutedNetwork.open(settings.podCidr(), settings.nodeIp()));
    KubernetesClient client = closing.add(client(settings.kubeconfig()));
    EventLoopGroup loops = EventLoops.create("proxy", 1);
    closing.add(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000));
    ProxyEngine engine = closing.add(new ProxyEngine(loops, System::nanoTime));
    Prober prober = new Prober(engine.loops());
    SharedQueueProxy queueProxies =
        new SharedQueueProxy(engine, prober, System::nanoTime, (_, _) -> {});
    EventRecorder events =
        closing.add(new EventRecorder(client, "kubelet", clock, Pace.unlimited()));
    NodeHeartbeat heartbeat = closing.add(new NodeHeartbeat(client, settings.port(), clock));
    ClusterNodeApi api = new ClusterNodeApi(client, events, heartbeat);
    Path logs = DataFiles.ownerOnlyDirectory(directory.path().resolve("logs"));
    Collection<X509Certificate> authorities = ClientAuthorities.find(client, settings.clientCa());
    answersApiServers = !authorities.isEmpty();
    closing.add(
        KubeletServer.start(
            new ContainerLogs(logs, api::presentState),
            api::pod,
            new ReviewedAccess(client, settings.name()),
            directory,
            authorities,
            new InetSocketAddress(InetAddress.ofLiteral(network.nodeIp()), settings.port())));
    images =
        new ImageRegistry(directory.path(), new BuiltInImages(EmbeddedCluster.cache(directory)));
    kubelet =
        new Kubelet(
            new Node(
                settings.name(),
                api,
                Runtimes.open(settings.runtime(), directory.path(), settings.runAs(), clock),
                new SharedQueueProxies(
                    queueProxies, clock, SharedQueueProxies.Clients.IN_A_CLUSTER),
                images,
                network,
                prober,
                logs,
                DataFiles.ownerOnlyDirectory(directory.path().resolve("volumes")),
                clock));
    closing.add(ImageWatch.start(images, images::look));
    kubelet.start();
  }

  /**
   * Joins the cluster; when this returns it knows the node, and pods may come.
   *
   * @throws IOException if the kubeconfig cannot be read, or an address not be had
   * @throws RuntimeException if the cluster does not take the node
   */
  public static JoinedNode start(Settings settings) throws IOException {
    Closing closing = new Closing();
    try {
      return new JoinedNode(settings, closing);
    } catch (IOException | RuntimeException e) {
      closing.close();
      throw e;
    }
  }

  private static KubernetesClient client(Path kubeconfig) throws IOException {
    Config config = Config.fromKubeconfig(Files.readString(kubeconfig));
    return PlainWatches.client(config);
  }

  /** What holds on this node, in a few words. */
  public String inForce() {
    return Runtimes.inForce(settings.runtime())
        + " with addresses in "
        + network.podCidr()
        + ", run as "
        + settings.runAs().map(Account::name).orElse(System.getProperty("user.name"))
        + "; kubelet at "
        + network.nodeIp()
        + ":"
        + settings.port()
        + (answersApiServers
            ? ""
            : ", which answers nobody (kubectl logs fails): the cluster publishes no client"
                + " authority, name one with --client-ca-file");
  }

  /** Ends every program, tells the cluster that the node is not ready, and leaves. */
  @Override
  public void close() {
    kubelet.close(GRACE);
    closing.close();
  }
}
