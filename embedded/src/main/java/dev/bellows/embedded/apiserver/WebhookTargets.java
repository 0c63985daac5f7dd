package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Key;
import dev.bellows.embedded.store.ObjectStore;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Where webhooks are: at the address that their {@code clientConfig} names, or behind a Service.
 */
final class WebhookTargets {
  private static final int HTTPS = 443;

  private final ObjectStore store;

  WebhookTargets(ObjectStore store) {
    this.store = store;
  }

  /**
   * Where to ask.
   *
   * @param query is added to the path
   * @throws IOException if nothing is there to be asked
   */
  WebhookClient.Target of(JsonNode client, String query) throws IOException {
    if (client.path("service").isObject()) {
      return ofService(client.path("service"), query);
    }
    try {
      URI uri = new URI(client.path("url").asText());
      String host = uri.getHost();
      if (host == null) {
        throw new IOException("no host in " + uri);
      }
      String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
      int port = uri.getPort() < 0 ? HTTPS : uri.getPort();
      return new WebhookClient.Target(
          name,
          InetSocketAddress.createUnresolved(name, port),
          path(uri.getRawPath() == null ? "" : uri.getRawPath(), query));
    } catch (URISyntaxException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private WebhookClient.Target ofService(JsonNode service, String query) throws IOException {
    String namespace = service.path("namespace").asText();
    String name = service.path("name").asText();
    int port = service.path("port").asInt(HTTPS);
    ObjectNode found =
        find(ResourceTypes.SERVICES, namespace, name)
            .orElseThrow(() -> new IOException("service \"" + name + "\" not found"));
    Optional<String> portName = Optional.empty();
    for (JsonNode each : found.path("spec").path("ports")) {
      if (each.path("port").asInt() == port) {
        portName = Optional.of(each.path("name").asText(""));
      }
    }
    String wanted =
        portName.orElseThrow(() ->
            new IOException("no service port " + port + " found for service \"" + name + "\""));
    List<InetSocketAddress> choices = new ArrayList<>();
    Optional<ObjectNode> endpoints = find(ResourceTypes.ENDPOINTS, namespace, name);
    if (endpoints.isPresent()) {
      for (JsonNode subset : endpoints.get().path("subsets")) {
        for (JsonNode each : subset.path("ports")) {
          if (each.path("name").asText("").equals(wanted)) {
            for (JsonNode address : subset.path("addresses")) {
              choices.add(
                  InetSocketAddress.createUnresolved(
                      address.path("ip").asText(), each.path("port").asInt()));
            }
          }
        }
      }
    }
    if (choices.isEmpty()) {
      throw new IOException("no endpoints available for service \"" + name + "\"");
    }
    return new WebhookClient.Target(
        name + "." + namespace + ".svc",
        choices.get(ThreadLocalRandom.current().nextInt(choices.size())),
        path(service.path("path").asText(""), query));
  }

  private static String path(String path, String query) {
    String rooted = path.startsWith("/") ? path : "/" + path;
    return rooted + "?" + query;
  }

  private Optional<ObjectNode> find(ResourceType type, String namespace, String name) {
    Optional<Entry> entry = store.get(new Key(type.resource(), namespace, name));
    return entry.map(found -> Json.read(found.value()));
  }
}
