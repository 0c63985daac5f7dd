package dev.bellows.bench.kubelet;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.EventRecorder;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.image.BuiltInImages;
import dev.bellows.embedded.image.Image;
import dev.bellows.embedded.image.ImageRegistry;
import dev.bellows.embedded.kubelet.Kubelet;
import dev.bellows.embedded.kubelet.Node;
import dev.bellows.embedded.kubelet.QueueProxies;
import dev.bellows.embedded.kubelet.RegistryNodeApi;
import dev.bellows.embedded.network.EndpointsController;
import dev.bellows.embedded.network.LoopbackNetwork;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.process.ProcessRuntime;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import dev.bellows.embedded.workload.Placement;
import dev.bellows.embedded.workload.WorkloadControllers;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** An embedded cluster without servers: store, registry, controllers and a node, in a directory. */
final class OneNode implements AutoCloseable {
  private static final String NAME = "bench";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final QueueProxies NO_QUEUE_PROXY =
      new QueueProxies() {
        @Override
        public boolean runs(String containerName, String image) {
          return false;
        }

        @Override
        public Running start(
            ContainerId id,
            Map<String, String> environment,
            String podIp,
            Address user,
            Path log,
            Optional<Path> certificates) {
          throw new IllegalStateException("no container is a queue-proxy here");
        }
      };

  private final Path home = Files.createTempDirectory("bellows-pods");
  private final DataDirectory directory = DataDirectory.claim(home);
  private final ObjectStore store = ObjectStore.open(directory);
  private final Registry registry =
      Registry.open(store, Clock.systemUTC(), List.of(new Placement(NAME)));
  private final Informers informers = new Informers(registry);
  private final EventRecorder events = new EventRecorder(registry, Clock.systemUTC());
  private final LoopbackNetwork network = LoopbackNetwork.claim(home);
  private final WorkloadControllers workloads =
      new WorkloadControllers(registry, informers, events, Clock.systemUTC(), "no authority");
  private final EndpointsController endpoints = new EndpointsController(registry, informers);
  private final EventLoopGroup loops = EventLoops.create("probes", 1);
  private final Kubelet kubelet;

  OneNode() throws IOException {
    ObjectNode namespace = JsonNodeFactory.instance.objectNode();
    namespace.putObject("metadata").put("name", "default");
    registry.create(ResourceTypes.NAMESPACES, namespace);
    ObjectNode account = JsonNodeFactory.instance.objectNode();
    account.putObject("metadata").put("name", "default").put("namespace", "default");
    registry.create(ResourceTypes.SERVICE_ACCOUNTS, account);
    Files.writeString(Files.createDirectory(home.resolve("site")).resolve("index.html"), "hello\n");
    ImageRegistry images = new ImageRegistry(home, new BuiltInImages(home.resolve("cache")));
    images.add(new Image("sleep", List.of("sleep", "1000"), Map.of(), Optional.empty()));
    images.add(
        new Image(
            "httpd",
            List.of("busybox", "httpd", "-f", "-p", "127.0.0.1:$(PORT)", "-h", home + "/site"),
            Map.of(),
            Optional.empty()));
    kubelet =
        new Kubelet(
            new Node(
                NAME,
                new RegistryNodeApi(registry, informers, events, OneNode::token),
                new ProcessRuntime(
                    home.resolve("runtime"),
                    Optional.empty(),
                    Boolean.getBoolean("privileged"),
                    System.getenv(),
                    Clock.systemUTC()),
                NO_QUEUE_PROXY,
                images,
                network,
                new Prober(loops),
                home.resolve("logs"),
                home.resolve("volumes"),
                Clock.systemUTC()));
    informers.start();
    workloads.start();
    endpoints.start();
    kubelet.start();
  }

  /** There is no API that it could be shown to. */
  private static ObjectNode token(String namespace, String account, ObjectNode request) {
    request.putObject("status").put("token", "for nothing");
    return request;
  }

  static ObjectNode object(String json) throws IOException {
    return (ObjectNode) JSON.readTree(json);
  }

  Registry registry() {
    return registry;
  }

  @Override
  public void close() throws IOException {
    kubelet.close(Duration.ofSeconds(1));
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    endpoints.close();
    workloads.close();
    informers.close();
    events.close();
    network.close();
    store.close();
    directory.close();
    try (var files = Files.walk(home)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.delete(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
