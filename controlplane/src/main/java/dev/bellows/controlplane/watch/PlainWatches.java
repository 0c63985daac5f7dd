package dev.bellows.controlplane.watch;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.http.WebSocket;
import java.net.URI;

/**
 * Clients whose watches are plain HTTP responses that do not end, as those of other clients are,
 * that come back to a busy server when it says so, and whose objects are small.
 *
 * <p>fabric8 asks for a WebSocket first. The JDK's loses the end of a connection that follows right
 * on a message: the watch then counts as open for ever, and tells nothing. When the server does not
 * offer a WebSocket, fabric8 falls back to plain HTTP; so the offer is asked for where there is
 * none (ADR 0080).
 */
public final class PlainWatches implements Interceptor {
  /** Answers everybody who is known, with 200 and without an upgrade. */
  private static final String NO_WEB_SOCKET = "/version";

  private PlainWatches() {}

  /** A client of the API that {@code config} names; the caller closes it. */
  public static KubernetesClient client(Config config) {
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withKubernetesSerialization(new SmallObjects())
        .withHttpClientBuilderConsumer(http ->
            http.addOrReplaceInterceptor(PlainWatches.class.getSimpleName(), new PlainWatches())
                .addOrReplaceInterceptor(ComeBackLater.class.getSimpleName(), new ComeBackLater()))
        .build();
  }

  @Override
  public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    if (builder instanceof WebSocket.Builder) {
      URI asked = request.uri();
      builder.uri(URI.create(asked.getScheme() + "://" + asked.getAuthority() + NO_WEB_SOCKET));
    }
  }
}
