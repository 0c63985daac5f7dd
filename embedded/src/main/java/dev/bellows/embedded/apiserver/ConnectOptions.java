package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The query of a connection to a pod or Service as the object that webhooks see. */
final class ConnectOptions {
  private static final List<String> STREAMS = List.of("stdin", "stdout", "stderr", "tty");

  private ConnectOptions() {}

  /** Of exec, attach, port-forward and proxy. */
  static ObjectNode of(ApiPath path, ApiRequest request) {
    ObjectNode options = Json.object().put("apiVersion", "v1");
    switch (path.subresource()) {
      case "exec" -> {
        streams(options.put("kind", "PodExecOptions"), request);
        ArrayNode command = options.putArray("command");
        request.query().getOrDefault("command", List.of()).forEach(command::add);
      }
      case "attach" -> streams(options.put("kind", "PodAttachOptions"), request);
      case "portforward" -> {
        ArrayNode ports = options.put("kind", "PodPortForwardOptions").putArray("ports");
        request.query().getOrDefault("ports", List.of()).forEach(ports::add);
      }
      default ->
          options.put(
              "kind", path.plural().equals("pods") ? "PodProxyOptions" : "ServiceProxyOptions");
    }
    return options;
  }

  private static void streams(ObjectNode options, ApiRequest request) {
    for (String stream : STREAMS) {
      if (request.flag(stream)) {
        options.put(stream, true);
      }
    }
    String container = request.parameter("container");
    if (!container.isEmpty()) {
      options.put("container", container);
    }
  }
}
