package dev.bellows.app.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.queueproxy.SharedQueueProxy;
import dev.bellows.embedded.apiserver.ApiServer;
import dev.bellows.embedded.apiserver.KnativeAdmission;
import dev.bellows.embedded.apiserver.NodeAccess;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceQuotaAdmission;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.EventRecorder;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.image.BuiltInImages;
import dev.bellows.embedded.image.Image;
import dev.bellows.embedded.image.ImageRegistry;
import dev.bellows.embedded.image.ImageUnavailableException;
import dev.bellows.embedded.kubelet.ContainerLogs;
import dev.bellows.embedded.kubelet.Kubelet;
import dev.bellows.embedded.kubelet.Node;
import dev.bellows.embedded.kubelet.RegistryNodeApi;
import dev.bellows.embedded.kubelet.SharedQueueProxies;
import dev.bellows.embedded.network.ClusterIps;
import dev.bellows.embedded.network.EndpointsController;
import dev.bellows.embedded.network.PodNetwork;
import dev.bellows.embedded.runtime.ContainerRuntime;
import dev.bellows.embedded.runtime.Powers;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.DataFiles;
import dev.bellows.embedded.store.ObjectStore;
import dev.bellows.embedded.workload.Placement;
import dev.bellows.embedded.workload.WorkloadControllers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * A cluster inside this process: API server, controllers, one node, and what it knows of images.
 */
final class EmbeddedCluster implements AutoCloseable {
  private static final String NODE = "bellows";

  private final Registry registry;
  private final CompletableFuture<ApiServer> apiServer;
  private final Informers informers;
  private final Function<String, WorkloadControllers> workloadsTrusting;
  private final EndpointsController endpoints;
  private final Kubelet kubelet;
  private final ImageRegistry images;
  private final ContainerRuntime runtime;
  private final ClusterNetwork network;
  private final Closing closing;

  private EmbeddedCluster(
      Registry registry,
      CompletableFuture<ApiServer> apiServer,
      Informers informers,
      Function<String, WorkloadControllers> workloadsTrusting,
      EndpointsController endpoints,
      Kubelet kubelet,
      ImageRegistry images,
      ContainerRuntime runtime,
      ClusterNetwork network,
      Closing closing) {
    this.registry = registry;
    this.apiServer = apiServer;
    this.informers = informers;
    this.workloadsTrusting = workloadsTrusting;
    this.endpoints = endpoints;
    this.kubelet = kubelet;
    this.images = images;
    this.runtime = runtime;
    this.network = network;
    this.closing = closing;
  }

  /**
   * Opens the store and the API; controllers and the node stand still until {@link #run}.
   *
   * @param directory where everything is kept
   * @param engine carries what goes to pods
   * @param queueProxies those of the node's pods
   * @param prober asks their programs
   * @throws IOException if a port or an address cannot be had
   */
  static EmbeddedCluster open(
      DataDirectory directory,
      Settings settings,
      ProxyEngine engine,
      SharedQueueProxy queueProxies,
      Prober prober,
      Clock clock,
      Closing closing)
      throws IOException {
    ObjectStore store = closing.add(ObjectStore.open(directory));
    ContainerRuntime runtime =
        Runtimes.open(settings.runtime(), directory.path(), settings.runAs(), clock);
    ClusterNetwork network =
        closing.add(ClusterNetwork.open(directory.path(), settings, runtime, engine));
    ClusterIps clusterIps = new ClusterIps(network.services());
    DryRunOfPods dryRuns = new DryRunOfPods();
    Registry registry =
        Registry.open(
            store,
            clock,
            List.of(
                new KnativeAdmission(store, dryRuns),
                clusterIps,
                new Placement(NODE),
                new ResourceQuotaAdmission(store)));
    registry.letWebhooksReviewParts(false); // before everything has been started
    dryRuns.askBy(registry);
    // Before anybody can write: an address that is taken must not be given again.
    registry.list(ResourceTypes.SERVICES, null).items().forEach(clusterIps::follow);
    Path logs = DataFiles.ownerOnlyDirectory(directory.path().resolve("logs"));
    CompletableFuture<Kubelet> node = new CompletableFuture<>();
    NodeAccess access =
        new NodeAccess(new ContainerLogs(logs, pod -> presentState(registry, pod)), node::join);
    CompletableFuture<ApiServer> apiServer =
        startAside(() -> start(registry, access, directory, settings.apiPort()));
    closing.add(() -> apiServer.thenAccept(ApiServer::close).exceptionally(_ -> null).join());
    Informers informers = closing.add(new Informers(registry));
    informers.listen(
        ResourceTypes.SERVICES,
        (before, after) -> {
          if (after != null) {
            clusterIps.follow(after);
          } else if (before != null) {
            clusterIps.release(before);
          }
        });
    network.serve(informers, engine);
    EventRecorder events = closing.add(new EventRecorder(registry, clock));
    BuiltInImages builtIns = new BuiltInImages(cache(directory));
    Thread.ofVirtual().name("train-images").start(builtIns::train);
    ImageRegistry images = new ImageRegistry(directory.path(), builtIns);
    Kubelet kubelet =
        new Kubelet(
            new Node(
                NODE,
                new RegistryNodeApi(
                    registry,
                    informers,
                    events,
                    (namespace, account, request) ->
                        apiServer.join().issueToken(namespace, account, request)),
                runtime,
                new SharedQueueProxies(queueProxies, clock, SharedQueueProxies.Clients.HERE),
                images,
                network.pods(),
                prober,
                logs,
                DataFiles.ownerOnlyDirectory(directory.path().resolve("volumes")),
                clock));
    node.complete(kubelet);
    return new EmbeddedCluster(
        registry,
        apiServer,
        informers,
        authority ->
            new WorkloadControllers(registry, informers, events, clock, authority, kubelet),
        new EndpointsController(registry, informers),
        kubelet,
        images,
        runtime,
        network,
        closing);
  }

  /** On a thread of its own: to make certificates takes longer than all else of the first start. */
  private static CompletableFuture<ApiServer> startAside(Callable<ApiServer> start) {
    CompletableFuture<ApiServer> started = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("start-api-server")
        .daemon()
        .start(() -> {
          try {
            started.complete(start.call());
          } catch (Exception | Error e) {
            started.completeExceptionally(e);
          }
        });
    return started;
  }

  private static ApiServer start(
      Registry registry, NodeAccess node, DataDirectory directory, int port) throws IOException {
    return ApiServer.start(
        registry,
        node,
        directory,
        new InetSocketAddress(InetAddress.ofLiteral(Bellows.LOOPBACK), port));
  }

  /** A pod as it is now; empty once it is gone, even if another one has its name. */
  private static Optional<ObjectNode> presentState(Registry registry, ObjectNode pod) {
    JsonNode metadata = pod.path("metadata");
    return registry
        .find(
            ResourceTypes.PODS, metadata.path("namespace").asText(), metadata.path("name").asText())
        .filter(now -> now.path("metadata").path("uid").equals(metadata.path("uid")));
  }

  // ./bellows names a place that outlives throw-away data directories.
  static Path cache(DataDirectory directory) {
    String named = System.getProperty("bellows.cache", "");
    return named.isEmpty() ? directory.path().resolve("cache") : Path.of(named);
  }

  /**
   * Lets the controllers and the node work, once the API can be reached.
   *
   * @throws IOException if it cannot
   */
  void run() throws IOException {
    try {
      apiServer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw e;
    }
    WorkloadControllers workloads = closing.add(workloadsTrusting.apply(apiServer().caPem()));
    closing.add(endpoints);
    informers.start();
    workloads.start();
    endpoints.start();
    kubelet.start();
  }

  /** From now on webhooks are asked about what our own parts write, too. */
  void letWebhooksReview() {
    registry.letWebhooksReviewParts(true);
  }

  /** Ends every pod's programs, which get this long. */
  void evacuate(Duration grace) {
    kubelet.close(grace);
  }

  Registry registry() {
    return registry;
  }

  ApiServer apiServer() {
    return apiServer.join(); // there since it runs
  }

  /** What pods are held to on this machine. */
  Powers powers() {
    return runtime.powers();
  }

  /** Whether pods of an image can be started, as far as that can be told without fetching it. */
  boolean mayHave(String image) {
    try {
      Image _ = images.resolve(image);
      return true;
    } catch (ImageUnavailableException e) {
      return runtime.images().filter(store -> store.mayHave(image)).isPresent();
    }
  }

  ImageRegistry images() {
    return images;
  }

  PodNetwork network() {
    return network.pods();
  }

  /** What pods have for a network, in a few words. */
  String networkInForce() {
    return network.inForce();
  }

  @Override
  public void close() {
    closing.close();
  }
}
