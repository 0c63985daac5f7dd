package dev.bellows.controlplane.reconcile;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.bellows.controlplane.watch.PlainWatches;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server that answers what a test wants of an API, and a client of it. */
final class AnsweringApi implements AutoCloseable {
  private final ExecutorService serving = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private final KubernetesClient client;

  private AnsweringApi(HttpHandler answers, ConfigBuilder config) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", answers);
    server.setExecutor(serving);
    server.start();
    client =
        PlainWatches.client(
            config.withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort()).build());
  }

  static AnsweringApi start(HttpHandler answers) throws IOException {
    return new AnsweringApi(answers, new ConfigBuilder());
  }

  /** Its client asks once, whatever the answer. */
  static AnsweringApi startForOneTry(HttpHandler answers) throws IOException {
    return new AnsweringApi(answers, new ConfigBuilder().withRequestRetryBackoffLimit(0));
  }

  KubernetesClient client() {
    return client;
  }

  /** Ends the server alone: nobody answers any more. */
  void stopAnswering() {
    server.stop(0);
  }

  @Override
  public void close() {
    client.close();
    server.stop(0);
    serving.close();
  }
}
