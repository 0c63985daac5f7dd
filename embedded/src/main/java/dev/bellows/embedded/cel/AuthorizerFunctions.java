package dev.bellows.embedded.cel;

import dev.bellows.embedded.cel.Authorizer.Objects;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import java.util.List;

/** How expressions ask an {@link Authorizer}: step by step, and at last for a decision. */
final class AuthorizerFunctions {
  static final CelType TYPE = OpaqueType.create("kubernetes.authorization.Authorizer");
  static final CelType RESOURCE_CHECK = OpaqueType.create("kubernetes.authorization.ResourceCheck");

  private AuthorizerFunctions() {}

  /** Somebody and a path. */
  record PathCheck(Authorizer who, String path) {}

  /** Somebody and a group of the API. */
  record GroupCheck(Authorizer who, String group) {}

  /** Somebody and objects. */
  record ResourceCheck(Authorizer who, Objects objects) {
    private ResourceCheck subresource(String name) {
      return on(name, objects.namespace(), objects.name());
    }

    private ResourceCheck namespace(String name) {
      return on(objects.subresource(), name, objects.name());
    }

    private ResourceCheck name(String name) {
      return on(objects.subresource(), objects.namespace(), name);
    }

    private ResourceCheck on(String subresource, String namespace, String name) {
      return new ResourceCheck(
          who, new Objects(objects.group(), objects.plural(), subresource, namespace, name));
    }
  }

  /** The answer. */
  record Decision(boolean allowed) {}

  private static ResourceCheck check(Object value) {
    return (ResourceCheck) value;
  }

  static Functions make() {
    CelType path = OpaqueType.create("kubernetes.authorization.PathCheck");
    CelType group = OpaqueType.create("kubernetes.authorization.GroupCheck");
    CelType decision = OpaqueType.create("kubernetes.authorization.Decision");
    CelType text = SimpleType.STRING;
    List<CelType> more = List.of(RESOURCE_CHECK, text);
    return new Functions()
        .member(
            "path", path, List.of(TYPE, text), a -> new PathCheck((Authorizer) a[0], (String) a[1]))
        .member(
            "group",
            group,
            List.of(TYPE, text),
            a -> new GroupCheck((Authorizer) a[0], (String) a[1]))
        .member(
            "serviceAccount",
            TYPE,
            List.of(TYPE, text, text),
            a -> ((Authorizer) a[0]).of((String) a[1], (String) a[2]))
        .member(
            "resource",
            RESOURCE_CHECK,
            List.of(group, text),
            a -> {
              GroupCheck in = (GroupCheck) a[0];
              return new ResourceCheck(in.who, new Objects(in.group, (String) a[1], "", "", ""));
            })
        .member("subresource", RESOURCE_CHECK, more, a -> check(a[0]).subresource((String) a[1]))
        .member("namespace", RESOURCE_CHECK, more, a -> check(a[0]).namespace((String) a[1]))
        .member("name", RESOURCE_CHECK, more, a -> check(a[0]).name((String) a[1]))
        // Roles do not tell objects by their fields or labels, so that these change nothing.
        .member("fieldSelector", RESOURCE_CHECK, more, a -> a[0])
        .member("labelSelector", RESOURCE_CHECK, more, a -> a[0])
        .member(
            "check",
            decision,
            List.of(path, text),
            a -> {
              PathCheck on = (PathCheck) a[0];
              return new Decision(on.who.allows((String) a[1], on.path));
            })
        .member(
            "check",
            decision,
            more,
            a -> new Decision(check(a[0]).who.allows((String) a[1], check(a[0]).objects)))
        .member("allowed", SimpleType.BOOL, List.of(decision), a -> ((Decision) a[0]).allowed)
        .member("reason", text, List.of(decision), a -> "")
        .member("errored", SimpleType.BOOL, List.of(decision), a -> false)
        .member("error", text, List.of(decision), a -> "");
  }
}
