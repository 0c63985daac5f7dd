package dev.bellows.it;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.Crds;
import dev.bellows.api.config.DefaultConfigMaps;
import dev.bellows.embedded.apiserver.ApiServer;
import dev.bellows.embedded.apiserver.NodeAccess;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.EventRecorder;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.network.Cidr;
import dev.bellows.embedded.network.ClusterIps;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import dev.bellows.embedded.workload.WorkloadControllers;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/**
 * The embedded API server on a directory of its own, with Knative's kinds and settings and the
 * controllers of Deployments; no kubelet: what becomes of a pod is the test's to say.
 */
public final class EmbeddedApi implements AutoCloseable {
  final ObjectStore store;
  final KubernetesClient client;
  private final DataDirectory directory;
  private final Informers informers;
  private final EventRecorder events;
  private final WorkloadControllers controllers;
  private final ApiServer server;

  /** Starts it on an empty directory. */
  public EmbeddedApi(Path home) throws IOException {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
    Registry registry =
        Registry.open(
            store, Clock.systemUTC(), List.of(new ClusterIps(Cidr.parse("10.96.0.0/16"))));
    for (ObjectNode crd : Crds.all()) {
      registry.create(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS, crd);
    }
    informers = new Informers(registry);
    events = new EventRecorder(registry, Clock.systemUTC());
    server =
        ApiServer.start(
            registry,
            NodeAccess.withoutNode((pod, options) -> new ByteArrayInputStream(new byte[0])),
            directory,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    controllers =
        new WorkloadControllers(registry, informers, events, Clock.systemUTC(), server.caPem());
    informers.start();
    controllers.start();
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(Files.readString(server.kubeconfig())))
            .build();
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName("knative-serving")
                .endMetadata()
                .build())
        .create();
    DefaultConfigMaps.all().forEach(each -> client.resource(each).create());
  }

  /** How to reach it, with the right to do everything. */
  public String kubeconfig() throws IOException {
    return Files.readString(server.kubeconfig());
  }

  @Override
  public void close() {
    client.close();
    server.close();
    controllers.close();
    events.close();
    informers.close();
    store.close();
    directory.close();
  }
}
