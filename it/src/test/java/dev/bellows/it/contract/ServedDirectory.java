package dev.bellows.it.contract;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiServer;
import dev.bellows.embedded.apiserver.NodeAccess;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A data directory, its store and an API server on it: in this process or in one to be killed. */
final class ServedDirectory implements AutoCloseable {
  private final DataDirectory directory;
  private final ObjectStore store;
  private final ApiServer server;

  /**
   * Serves a directory.
   *
   * @param port 0 takes a free one
   */
  ServedDirectory(Path home, int port) throws IOException {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
    Registry registry = Registry.open(store, InstantSource.system(), List.of());
    if (registry.find(ResourceTypes.NAMESPACES, "", "default").isEmpty()) {
      ObjectNode namespace = JsonNodeFactory.instance.objectNode();
      namespace.putObject("metadata").put("name", "default");
      registry.create(ResourceTypes.NAMESPACES, namespace);
    }
    server =
        ApiServer.start(
            registry,
            NodeAccess.withoutNode((pod, options) -> new ByteArrayInputStream(new byte[0])),
            directory,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.close();
    store.close();
    directory.close();
  }

  /** Serves until it is killed. */
  static final class Killable implements AutoCloseable {
    private final Process process;

    Killable(Path home, int port) throws IOException {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-XX:+UseSerialGC",
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Killable.class.getName(),
                  home.toString(),
                  Integer.toString(port))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      BufferedReader said = process.inputReader();
      for (String line = said.readLine(); !"serving".equals(line); line = said.readLine()) {
        if (line == null) {
          throw new IOException("the server has ended before it served");
        }
      }
    }

    public static void main(String[] arguments) throws Exception {
      try (ServedDirectory _ =
          new ServedDirectory(Path.of(arguments[0]), Integer.parseInt(arguments[1]))) {
        System.out.println("serving");
        new CountDownLatch(1).await();
      }
    }

    /** SIGKILL. */
    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }
}
