package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.Crds;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;

/** A whole API server on a directory of its own, with the namespace {@code default}. */
final class TestServer implements AutoCloseable {
  final DataDirectory directory;
  final ObjectStore store;
  final Registry registry;
  final ApiServer server;

  TestServer(Path home) throws IOException {
    this(home, store -> List.of());
  }

  /** The same with Knative's kinds and their admission. */
  static TestServer withKnative(Path home) throws IOException {
    TestServer server =
        new TestServer(
            home, store -> List.of(new KnativeAdmission(store, KnativeAdmission.PodTrial.NONE)));
    server.registry.install(Crds.all());
    return server;
  }

  private TestServer(Path home, Function<ObjectStore, List<AdmissionStep>> admission)
      throws IOException {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
    registry = Registry.open(store, InstantSource.system(), admission.apply(store));
    if (registry.find(ResourceTypes.NAMESPACES, "", "default").isEmpty()) {
      ObjectNode namespace = Json.object();
      namespace.putObject("metadata").put("name", "default");
      registry.create(ResourceTypes.NAMESPACES, namespace);
      ObjectNode account = Json.object();
      account.putObject("metadata").put("name", "default").put("namespace", "default");
      registry.create(ResourceTypes.SERVICE_ACCOUNTS, account);
    }
    server =
        ApiServer.start(
            registry,
            NodeAccess.withoutNode(TestServer::log),
            directory,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /** Says what it was asked for, so that tests see it arrive. */
  private static InputStream log(ObjectNode pod, PodLogs.Options options) {
    String text = "log of " + options.container() + " follow=" + options.follow() + "\n";
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    server.close();
    store.close();
    directory.close();
  }
}
