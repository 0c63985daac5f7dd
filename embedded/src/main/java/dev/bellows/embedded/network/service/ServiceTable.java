package dev.bellows.embedded.network.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.Cache;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.Key;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What Services lead to, kept up to date with Services and Endpoints. Written by the threads that
 * tell of changes, one at a time; read by event loops, which find finished facts.
 */
public final class ServiceTable {
  private final Cache services;
  private final Cache endpoints;
  private final Map<Key, Entry> entries = new ConcurrentHashMap<>();
  private final Map<Address, Backends> backends = new ConcurrentHashMap<>();
  private @Nullable IntConsumer portListener;

  /** What a Service's name means. */
  sealed interface Meaning {
    /** An address of the Service's own. */
    record At(String clusterIp) implements Meaning {}

    /** Its pods' addresses. */
    record Pods(List<String> ips) implements Meaning {
      public Pods {
        ips = List.copyOf(ips);
      }
    }

    /** What another name means. */
    record Alias(String name) implements Meaning {}
  }

  private record Entry(Meaning meaning, Map<Address, Backends> backends) {}

  /** The addresses behind one port of a Service. */
  static final class Backends {
    private final List<Address> addresses;
    private final boolean byClient;
    private final AtomicInteger turn = new AtomicInteger();

    Backends(List<Address> addresses, boolean byClient) {
      this.addresses = List.copyOf(addresses);
      this.byClient = byClient;
    }

    /** In turn, or always the same for a client; empty if there is none. */
    Optional<Address> choose(String client) {
      if (addresses.isEmpty()) {
        return Optional.empty();
      }
      int number = byClient ? client.hashCode() : turn.getAndIncrement();
      return Optional.of(addresses.get(Math.floorMod(number, addresses.size())));
    }
  }

  /** A table that is filled when the informers start. */
  public ServiceTable(Informers informers) {
    services = informers.cache(ResourceTypes.SERVICES);
    endpoints = informers.cache(ResourceTypes.ENDPOINTS);
    informers.listen(ResourceTypes.SERVICES, this::changed);
    informers.listen(ResourceTypes.ENDPOINTS, this::changed);
  }

  /** Tells of the TCP ports that Services have and will have, of each perhaps more than once. */
  synchronized void listen(IntConsumer listener) {
    portListener = listener;
    backends.keySet().forEach(each -> listener.accept(each.port()));
  }

  private void changed(@Nullable ObjectNode before, @Nullable ObjectNode after) {
    ObjectNode known = after == null ? before : after;
    if (known != null) {
      update(Key.of(known));
    }
  }

  private synchronized void update(Key key) {
    Optional<Entry> now = services.get(key).map(service -> entry(key, service.path("spec")));
    Entry before = now.isPresent() ? entries.put(key, now.get()) : entries.remove(key);
    now.ifPresent(entry -> backends.putAll(entry.backends()));
    if (before != null) {
      before.backends().forEach(backends::remove); // those that were not replaced
    }
    IntConsumer listener = portListener;
    if (now.isPresent() && listener != null) {
      now.get().backends().keySet().forEach(each -> listener.accept(each.port()));
    }
  }

  private Entry entry(Key key, JsonNode spec) {
    if (spec.path("type").asText().equals("ExternalName")) {
      return new Entry(new Meaning.Alias(spec.path("externalName").asText()), Map.of());
    }
    JsonNode subsets =
        endpoints.get(key).map(found -> found.path("subsets")).orElse(MissingNode.getInstance());
    String clusterIp = spec.path("clusterIP").asText();
    if (clusterIp.isEmpty() || clusterIp.equals("None")) {
      List<String> ips = new ArrayList<>();
      for (JsonNode subset : subsets) {
        subset.path("addresses").forEach(address -> ips.add(address.path("ip").asText()));
      }
      return new Entry(new Meaning.Pods(ips.stream().distinct().toList()), Map.of());
    }
    boolean byClient = spec.path("sessionAffinity").asText().equals("ClientIP");
    Map<Address, Backends> ports = new HashMap<>();
    for (JsonNode port : spec.path("ports")) {
      if (port.path("protocol").asText("TCP").equals("TCP")) {
        ports.put(
            new Address(clusterIp, port.path("port").asInt()),
            new Backends(addresses(subsets, port.path("name").asText()), byClient));
      }
    }
    return new Entry(new Meaning.At(clusterIp), ports);
  }

  private static List<Address> addresses(JsonNode subsets, String portName) {
    List<Address> addresses = new ArrayList<>();
    for (JsonNode subset : subsets) {
      for (JsonNode port : subset.path("ports")) {
        if (port.path("name").asText().equals(portName)) {
          for (JsonNode address : subset.path("addresses")) {
            addresses.add(new Address(address.path("ip").asText(), port.path("port").asInt()));
          }
        }
      }
    }
    return addresses;
  }

  /** What is behind a port of a Service's address; empty if no Service has it. */
  Optional<Backends> at(Address address) {
    return Optional.ofNullable(backends.get(address));
  }

  /** What a Service's name means; empty if there is no such Service. */
  Optional<Meaning> named(String namespace, String name) {
    return Optional.ofNullable(entries.get(new Key(namespace, name))).map(Entry::meaning);
  }
}
