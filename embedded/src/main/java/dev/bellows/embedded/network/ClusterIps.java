package dev.bellows.embedded.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.AdmissionStep;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.Cause;
import dev.bellows.embedded.apiserver.ResourceTypes;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Gives each Service its clusterIP as it is created, from the network that is for them. Who can
 * dial it is the {@link PodNetwork}'s to say; clients read it all the same.
 *
 * <p>Which are taken is seen from the Services themselves: {@link #follow} tells of those that
 * exist.
 */
public final class ClusterIps implements AdmissionStep {
  /** The first addresses are for parts of the cluster itself, such as its name server. */
  static final int RESERVED = 16;

  /** Addresses given to Services that were not seen to exist yet: a refused one never will. */
  private static final int MAX_PROMISED = 1024;

  private final Cidr network;
  private final Map<String, String> takenBy = new HashMap<>();
  private final Set<String> promised = new LinkedHashSet<>();
  private int next;

  private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.|$)){4}");

  /** Gives addresses of a network. */
  public ClusterIps(Cidr network) {
    this.network = network;
  }

  /** Learns of a Service that exists. */
  public synchronized void follow(ObjectNode service) {
    String ip = service.path("spec").path("clusterIP").asText();
    if (!ip.isEmpty() && !ip.equals("None")) {
      takenBy.put(ip, owner(service));
      promised.remove(ip);
    }
  }

  /** Learns of a Service that is gone. */
  public synchronized void release(ObjectNode service) {
    takenBy.remove(service.path("spec").path("clusterIP").asText(), owner(service));
  }

  private static String owner(ObjectNode service) {
    JsonNode meta = service.path("metadata");
    return meta.path("namespace").asText() + "/" + meta.path("name").asText();
  }

  @Override
  public void admit(Request request) {
    if (!request.type().equals(ResourceTypes.SERVICES) || !request.subresource().isEmpty()) {
      return;
    }
    switch (request.operation()) {
      case CREATE -> complete(request.object(), request.dryRun());
      case UPDATE -> request.oldObject().ifPresent(old -> keep(old.path("spec"), request.object()));
      case DELETE -> {}
    }
  }

  private synchronized void complete(ObjectNode service, boolean dryRun) {
    ObjectNode spec = service.withObjectProperty("spec");
    if (spec.path("type").asText().isEmpty()) {
      spec.put("type", "ClusterIP");
    }
    if (spec.path("type").asText().equals("ExternalName")) {
      return;
    }
    if (spec.path("clusterIP").asText().isEmpty()) {
      String ip = free();
      if (!dryRun) {
        promised.add(ip);
        if (promised.size() > MAX_PROMISED) {
          promised.remove(promised.iterator().next());
        }
      }
      spec.put("clusterIP", ip);
    } else {
      requireFree(service, spec.path("clusterIP").asText());
    }
    spec.putArray("clusterIPs").add(spec.path("clusterIP").asText());
    if (spec.path("ipFamilies").isEmpty()) {
      spec.putArray("ipFamilies").add("IPv4");
    }
    if (!spec.hasNonNull("ipFamilyPolicy")) {
      spec.put("ipFamilyPolicy", "SingleStack");
    }
    if (!spec.has("internalTrafficPolicy")) {
      spec.put("internalTrafficPolicy", "Cluster");
    }
    if (!spec.has("sessionAffinity")) {
      spec.put("sessionAffinity", "None");
    }
  }

  /** What is no address at all is told with all else that is wrong. */
  private void requireFree(ObjectNode service, String ip) {
    if (!IPV4.matcher(ip).matches()) {
      return;
    }
    String why =
        !network.overlaps(Cidr.parse(ip + "/32"))
            ? "the provided IP ("
                + ip
                + ") is not in the valid range. The range of valid IPs is "
                + network
            : takenBy.containsKey(ip) ? "provided IP is already allocated" : "";
    if (!why.isEmpty()) {
      throw ApiException.invalid(
          ResourceTypes.SERVICES,
          service.path("metadata").path("name").asText(),
          List.of(
              new Cause(
                  "FieldValueInvalid",
                  "spec.clusterIPs",
                  "Invalid value: [\"" + ip + "\"]: failed to allocate IP " + ip + ": " + why)));
    }
  }

  private String free() {
    int addresses = (int) network.size() - RESERVED;
    for (int tried = 0; tried < addresses; tried++) {
      String ip = network.at(RESERVED + next);
      next = (next + 1) % addresses;
      if (!takenBy.containsKey(ip) && !promised.contains(ip)) {
        return ip;
      }
    }
    throw new IllegalStateException("no clusterIP is left in " + network);
  }

  /** A writer that does not know the address does not take it away. */
  private static void keep(JsonNode old, ObjectNode service) {
    ObjectNode spec = service.withObjectProperty("spec");
    if (spec.path("type").asText("ClusterIP").equals("ExternalName")) {
      return;
    }
    for (String field :
        new String[] {
          "type",
          "clusterIP",
          "clusterIPs",
          "ipFamilies",
          "ipFamilyPolicy",
          "internalTrafficPolicy",
          "sessionAffinity"
        }) {
      if (!spec.has(field) && old.has(field)) {
        spec.set(field, old.get(field).deepCopy());
      }
    }
  }
}
