package dev.bellows.app.wiring;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.Crds;
import dev.bellows.api.config.DefaultConfigMaps;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.core.route.Address;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.util.Map;
import java.util.Optional;

/**
 * What an installation consists of as objects: its namespaces and ConfigMaps, which a person may
 * edit and which stay as they are, and the Services of its own parts, which are written anew at
 * each start, since clients look the parts up there.
 */
final class SystemObjects {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONFIG_DOMAIN = "config-domain";

  private final Registry registry;

  SystemObjects(Registry registry) {
    this.registry = registry;
  }

  /**
   * Makes what is missing.
   *
   * @param domain suffix of host names; empty = keep what is configured
   * @return the suffix in force
   */
  String install(Optional<String> domain) {
    registry.install(Crds.all());
    for (String namespace : new String[] {"default", "kube-system", SystemConfig.NAMESPACE}) {
      ensureNamespace(namespace);
    }
    ResourceType configMaps = ResourceTypes.of("", "configmaps");
    for (ConfigMap configMap : DefaultConfigMaps.all(domain.orElse(DefaultConfigMaps.DOMAIN))) {
      String name = configMap.getMetadata().getName();
      Optional<ObjectNode> present = registry.find(configMaps, SystemConfig.NAMESPACE, name);
      if (present.isEmpty()) {
        registry.create(configMaps, withKind(JSON.valueToTree(configMap), "ConfigMap"));
      } else if (name.equals(CONFIG_DOMAIN) && domain.isPresent()) {
        ObjectNode changed = present.get();
        ObjectNode data = changed.putObject("data");
        configMap.getData().forEach(data::put);
        registry.update(configMaps, changed);
      }
    }
    return registry
        .get(configMaps, SystemConfig.NAMESPACE, CONFIG_DOMAIN)
        .path("data")
        .propertyStream()
        .map(Map.Entry::getKey)
        .filter(key -> !key.startsWith("_"))
        .findFirst()
        .orElse(DefaultConfigMaps.DOMAIN);
  }

  /**
   * One of the system's own parts as a Service and its Endpoints.
   *
   * @param ports Service port by name, and where this process serves it
   */
  void part(String name, Map<String, Port> ports) {
    ObjectNode service = named(name, "Service");
    ArrayNode servicePorts = service.putObject("spec").putArray("ports");
    ObjectNode endpoints = named(name, "Endpoints");
    ArrayNode subsets = endpoints.putArray("subsets");
    ports.forEach((portName, port) -> {
      servicePorts
          .addObject()
          .put("name", portName)
          .put("port", port.service())
          .put("protocol", "TCP")
          .put("targetPort", port.address().port());
      ObjectNode subset = subsets.addObject();
      subset.putArray("addresses").addObject().put("ip", port.address().ip());
      subset
          .putArray("ports")
          .addObject()
          .put("name", portName)
          .put("port", port.address().port())
          .put("protocol", "TCP");
    });
    replace(ResourceTypes.of("", "services"), service);
    replace(ResourceTypes.of("", "endpoints"), endpoints);
  }

  /**
   * A port of a part.
   *
   * @param service the Service's port
   * @param address where it is served
   */
  record Port(int service, Address address) {}

  private void ensureNamespace(String name) {
    ResourceType namespaces = ResourceTypes.of("", "namespaces");
    if (registry.find(namespaces, "", name).isEmpty()) {
      ObjectNode namespace = withKind(JSON.createObjectNode(), "Namespace");
      namespace.putObject("metadata").put("name", name);
      registry.create(namespaces, namespace);
    }
  }

  private void replace(ResourceType type, ObjectNode wanted) {
    String name = wanted.path("metadata").path("name").asText();
    if (registry.find(type, SystemConfig.NAMESPACE, name).isEmpty()) {
      registry.create(type, wanted);
      return;
    }
    registry.edit(
        type,
        SystemConfig.NAMESPACE,
        name,
        present -> {
          if (wanted.has("subsets")) {
            present.set("subsets", wanted.get("subsets"));
          } else {
            ((ObjectNode) present.get("spec")).set("ports", wanted.path("spec").path("ports"));
          }
          return present;
        });
  }

  private static ObjectNode named(String name, String kind) {
    ObjectNode object = withKind(JSON.createObjectNode(), kind);
    object.putObject("metadata").put("name", name).put("namespace", SystemConfig.NAMESPACE);
    return object;
  }

  private static ObjectNode withKind(ObjectNode object, String kind) {
    return object.put("apiVersion", "v1").put("kind", kind);
  }
}
