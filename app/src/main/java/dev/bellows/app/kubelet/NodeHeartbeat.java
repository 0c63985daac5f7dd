package dev.bellows.app.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a cluster that a node is there: its Node object, and a Lease that is renewed while it lives
 * (Kubernetes documentation, "Nodes", heartbeats). Whoever stops renewing is taken for dead by the
 * node controller; whoever ends in order says so.
 */
public final class NodeHeartbeat implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeHeartbeat.class);
  private static final String LEASES = "kube-node-lease";

  /** Kubernetes' defaults: a lease of 40 s, renewed after a quarter of it. */
  private static final int LEASE_SECONDS = 40;

  private static final Duration RENEWAL = Duration.ofSeconds(10);

  /** The Node's own conditions are dated anew every five minutes. */
  private static final int RENEWALS_PER_STATUS = 30;

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);
  private static final PatchContext STRATEGIC = PatchContext.of(PatchType.STRATEGIC_MERGE);

  /** A MicroTime has six digits, no more and no fewer. */
  private static final DateTimeFormatter MICRO_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final KubernetesClient client;
  private final int kubeletPort;
  private final Clock clock;
  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(1, Thread.ofVirtual().name("heartbeat").factory());
  private volatile @Nullable ObjectNode described;
  private int renewals;

  /**
   * @param client stays the caller's
   * @param kubeletPort where API servers find the kubelet's server
   */
  public NodeHeartbeat(KubernetesClient client, int kubeletPort, Clock clock) {
    this.client = client;
    this.kubeletPort = kubeletPort;
    this.clock = clock;
  }

  /**
   * Makes the node known, and goes on to say that it is there.
   *
   * @throws KubernetesClientException if the cluster does not take it
   */
  void begin(ObjectNode node) {
    ObjectNode status = node.withObjectProperty("status");
    status
        .withObjectProperty("daemonEndpoints")
        .withObjectProperty("kubeletEndpoint")
        .put("Port", kubeletPort);
    described = node;
    Node object = client.getKubernetesSerialization().convertValue(node, Node.class);
    try {
      client.resource(object).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      ObjectNode labels = node.objectNode();
      labels.putObject("metadata").set("labels", node.path("metadata").path("labels"));
      client.nodes().withName(name(node)).patch(STRATEGIC, labels.toString());
      writeStatus(node, status);
    }
    renew(node);
    Future<?> _ =
        thread.scheduleWithFixedDelay(
            this::beat, RENEWAL.toMillis(), RENEWAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void beat() {
    ObjectNode node = described;
    if (node == null) {
      return;
    }
    try {
      renew(node);
      boolean missed = isMissed(name(node));
      if (++renewals % RENEWALS_PER_STATUS == 0 || missed) {
        String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        for (JsonNode condition : node.path("status").path("conditions")) {
          ObjectNode dated = ((ObjectNode) condition).put("lastHeartbeatTime", now);
          dated.remove("lastTransitionTime");
          if (missed) {
            dated.put("lastTransitionTime", now);
          }
        }
        writeStatus(node, node.withObjectProperty("status"));
      }
    } catch (RuntimeException e) {
      // Tried again at the next beat; the lease outlasts three.
      log.warn("the cluster was not told that node {} is there: {}", name(node), e.toString());
    }
  }

  /**
   * Whether the cluster believes that the node is gone: it does so a while after the last beat that
   * it heard, and by itself it does not come back to that.
   */
  private boolean isMissed(String name) {
    Node seen = client.nodes().withName(name).get();
    return seen != null
        && seen.getStatus().getConditions().stream()
            .anyMatch(each -> each.getType().equals("Ready") && !each.getStatus().equals("True"));
  }

  private void renew(ObjectNode node) {
    Instant now = clock.instant();
    var leases = client.leases().inNamespace(LEASES);
    String spec =
        "{\"spec\":{\"holderIdentity\":\"%s\",\"leaseDurationSeconds\":%d,\"renewTime\":\"%s\"}}"
            .formatted(name(node), LEASE_SECONDS, MICRO_TIME.format(now));
    try {
      leases.withName(name(node)).patch(PatchContext.of(PatchType.JSON_MERGE), spec);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
      Lease lease =
          new LeaseBuilder()
              .withNewMetadata()
              .withName(name(node))
              .withNamespace(LEASES)
              .endMetadata()
              .withNewSpec()
              .withHolderIdentity(name(node))
              .withLeaseDurationSeconds(LEASE_SECONDS)
              .withRenewTime(now.truncatedTo(ChronoUnit.MICROS).atZone(ZoneOffset.UTC))
              .endSpec()
              .build();
      client.resource(lease).create();
    }
  }

  private void writeStatus(ObjectNode node, JsonNode status) {
    ObjectNode patch = node.objectNode();
    patch.set("status", status);
    client.nodes().withName(name(node)).subresource("status").patch(STRATEGIC, patch.toString());
  }

  private static String name(ObjectNode node) {
    return node.path("metadata").path("name").asText();
  }

  /** Says that the node is not ready any more, so that its pods are sent no requests. */
  @Override
  public void close() {
    thread.shutdownNow();
    ObjectNode node = described;
    if (node == null) {
      return;
    }
    try {
      if (!thread.awaitTermination(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        log.debug("a heartbeat is still under way");
      }
      String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
      ObjectNode status = node.objectNode();
      status
          .putArray("conditions")
          .addObject()
          .put("type", "Ready")
          .put("status", "False")
          .put("reason", "KubeletNotReady")
          .put("message", "kubelet has ended")
          .put("lastHeartbeatTime", now)
          .put("lastTransitionTime", now);
      writeStatus(node, status);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.warn("the cluster was not told that node {} has ended: {}", name(node), e.toString());
    }
  }
}
