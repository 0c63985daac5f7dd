package dev.bellows.controlplane.reconcile.revision;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.config.Feature;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Revision;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HTTPHeader;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The user's readiness probe, in the two forms in which a pod carries it: as JSON for the
 * queue-proxy, which runs it against the program, and as the kubelet's probe of the queue-proxy.
 */
final class ReadinessProbe {
  private static final String LOCALHOST = "127.0.0.1";

  /** What defaulting gives a container without one. */
  private static final Probe DEFAULT =
      new ProbeBuilder()
          .withSuccessThreshold(1)
          .withNewTcpSocket()
          .withPort(new IntOrString(0))
          .endTcpSocket()
          .build();

  private ReadinessProbe() {}

  /** {@code SERVING_READINESS_PROBE}: one probe, or a list of all containers' ones. */
  static String json(Revision revision, SystemConfig config) {
    List<Container> containers = RevisionFacts.containers(revision);
    int serving = RevisionFacts.servingIndex(revision);
    int userPort = RevisionFacts.userPort(revision);
    ObjectNode own = json(orDefault(containers.get(serving).getReadinessProbe()), userPort);
    if (!config.features().enabled(Feature.MULTI_CONTAINER_PROBING)) {
      return own.toString();
    }
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (int i = 0; i < containers.size(); i++) {
      Container container = containers.get(i);
      if (i == serving) {
        all.add(own);
      } else if (container.getReadinessProbe() != null
          && container.getReadinessProbe().getExec() == null) {
        // An exec probe of another container is the kubelet's: nothing listens there.
        all.add(json(container.getReadinessProbe(), 0));
      }
    }
    return all.toString();
  }

  /** The kubelet's probe of the queue-proxy: the user's thresholds, asked of the queue-proxy. */
  static Probe ofQueueProxy(Revision revision, int servingPort) {
    return new ProbeBuilder(orDefault(RevisionFacts.servingContainer(revision).getReadinessProbe()))
        .withExec(null)
        .withTcpSocket(null)
        .withGrpc(null)
        .withNewHttpGet()
        .withPort(new IntOrString(servingPort))
        .addNewHttpHeader("K-Network-Probe", "queue")
        .endHttpGet()
        .build();
  }

  private static Probe orDefault(@Nullable Probe probe) {
    return probe == null ? DEFAULT : probe;
  }

  /** Fields in the order in which Go writes core/v1 Probe. */
  private static ObjectNode json(Probe probe, int userPort) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (probe.getHttpGet() != null) {
      json.set("httpGet", httpGet(probe.getHttpGet(), userPort));
    } else if (probe.getGrpc() != null) {
      ObjectNode grpc = json.putObject("grpc");
      Integer port = probe.getGrpc().getPort();
      grpc.put("port", port == null || port == 0 ? userPort : port);
      grpc.put("service", probe.getGrpc().getService() == null ? "" : probe.getGrpc().getService());
    } else {
      // exec stays with the kubelet; that something listens is all the queue-proxy can tell
      ObjectNode tcp = json.putObject("tcpSocket");
      putPort(tcp, probe.getTcpSocket() == null ? null : probe.getTcpSocket().getPort(), userPort);
      tcp.put("host", LOCALHOST);
    }
    Integer timeout = probe.getTimeoutSeconds();
    boolean periodic = probe.getPeriodSeconds() != null && probe.getPeriodSeconds() > 0;
    putPositive(json, "initialDelaySeconds", probe.getInitialDelaySeconds());
    putPositive(
        json,
        "timeoutSeconds",
        periodic && (timeout == null || timeout < 1) ? Integer.valueOf(1) : timeout);
    putPositive(json, "periodSeconds", probe.getPeriodSeconds());
    putPositive(json, "successThreshold", probe.getSuccessThreshold());
    putPositive(json, "failureThreshold", probe.getFailureThreshold());
    return json;
  }

  private static ObjectNode httpGet(HTTPGetAction given, int userPort) {
    ObjectNode http = JsonNodeFactory.instance.objectNode();
    if (given.getPath() != null && !given.getPath().isEmpty()) {
      http.put("path", given.getPath());
    }
    putPort(http, given.getPort(), userPort);
    http.put("host", LOCALHOST);
    http.put(
        "scheme",
        given.getScheme() == null || given.getScheme().isEmpty() ? "HTTP" : given.getScheme());
    if (given.getHttpHeaders() != null && !given.getHttpHeaders().isEmpty()) {
      ArrayNode headers = http.putArray("httpHeaders");
      for (HTTPHeader header : given.getHttpHeaders()) {
        headers.addObject().put("name", header.getName()).put("value", header.getValue());
      }
    }
    return http;
  }

  /** A named port can only be the serving port: validation allows no other name. */
  private static void putPort(ObjectNode node, @Nullable IntOrString port, int userPort) {
    Integer number = port == null ? null : port.getIntVal();
    node.put("port", number == null || number == 0 ? userPort : number);
  }

  private static void putPositive(ObjectNode node, String name, @Nullable Integer value) {
    if (value != null && value > 0) {
      node.put(name, value);
    }
  }
}
