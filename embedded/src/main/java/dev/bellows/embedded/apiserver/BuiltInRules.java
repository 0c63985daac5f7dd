package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The rules of the built-in kinds: starting values that their clients and controllers see. */
final class BuiltInRules {
  private BuiltInRules() {}

  static KindRules of(ResourceType type) {
    if (type.equals(ResourceTypes.NAMESPACES)) {
      return new NamespaceRules();
    }
    if (type.equals(ResourceTypes.PODS)) {
      return new PodRules();
    }
    return KindRules.NONE;
  }

  /** A namespace holds itself back until its content is gone. */
  private static final class NamespaceRules implements KindRules {
    @Override
    public void complete(ObjectNode object) {
      ObjectMeta meta = ObjectMeta.of(object);
      Json.child(meta.node(), "labels").put("kubernetes.io/metadata.name", meta.name());
    }

    @Override
    public void onCreate(ObjectNode object) {
      Json.child(object, "spec").putArray("finalizers").add("kubernetes");
      object.putObject("status").put("phase", "Active");
    }
  }

  private static final class PodRules implements KindRules {
    @Override
    public void onCreate(ObjectNode object) {
      object.putObject("status").put("phase", "Pending");
    }
  }
}
