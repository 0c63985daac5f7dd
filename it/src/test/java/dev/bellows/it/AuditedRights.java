package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What the accounts of an installation may do, by its roles, and what they did, by the audit log of
 * an API server.
 */
final class AuditedRights {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SYSTEM = "knative-serving";
  private static final String ACCOUNT = "system:serviceaccount:" + SYSTEM + ":";
  private static final String EVERYWHERE = "*";

  private final List<ObjectNode> objects;
  private final List<JsonNode> events = new ArrayList<>();

  /**
   * @param objects what was installed
   */
  AuditedRights(List<ObjectNode> objects, Path auditLog) throws IOException {
    this.objects = List.copyOf(objects);
    for (String line : Files.readAllLines(auditLog)) {
      if (!line.isBlank()) {
        events.add(JSON.readTree(line));
      }
    }
  }

  /**
   * One thing that somebody may do.
   *
   * @param account whose right it is
   * @param where the system's namespace, or everywhere
   * @param verb as RBAC has it
   * @param resource {@code PLURAL[/SUBRESOURCE][.GROUP]}
   * @param name which one alone; empty = any
   */
  record Right(String account, String where, String verb, String resource, String name) {
    @Override
    public String toString() {
      return account
          + ": "
          + verb
          + " "
          + resource
          + (name.isEmpty() ? "" : " " + name)
          + (where.equals(EVERYWHERE) ? "" : " in " + where);
    }
  }

  /** Fails if something was refused, or was given and neither used nor explained. */
  void check() {
    assertThat(seen()).as("requests in the audit log").isPositive();
    assertThat(denied()).as("asked for and refused").isEmpty();
    SortedSet<String> unexplained = unused();
    unexplained.removeAll(RareRights.WHY.keySet());
    assertThat(unexplained).as("granted, never used and not explained").isEmpty();
    assertThat(granted().stream().map(Right::toString))
        .as("explained, so it must be granted")
        .containsAll(RareRights.WHY.keySet());
  }

  /** What was given and never used, a line each. */
  SortedSet<String> unused() {
    SortedSet<String> unused = new TreeSet<>();
    for (Right right : granted()) {
      if (events.stream().noneMatch(event -> isUse(event, right))) {
        unused.add(right.toString());
      }
    }
    return unused;
  }

  /** What was asked for and refused, a line each. */
  SortedSet<String> denied() {
    SortedSet<String> denied = new TreeSet<>();
    for (JsonNode event : events) {
      if (!isAllowed(event)) {
        denied.add(
            account(event)
                + ": "
                + event.path("verb").asText()
                + " "
                + resource(event)
                + " "
                + event.path("requestURI").asText());
      }
    }
    return denied;
  }

  /** How many requests were seen. */
  int seen() {
    return events.size();
  }

  private List<Right> granted() {
    List<Right> rights = new ArrayList<>();
    for (ObjectNode binding : objects) {
      String kind = binding.path("kind").asText();
      if (!kind.equals("RoleBinding") && !kind.equals("ClusterRoleBinding")) {
        continue;
      }
      String where = kind.equals("RoleBinding") ? SYSTEM : EVERYWHERE;
      ObjectNode role = role(binding.path("roleRef"));
      for (JsonNode subject : binding.path("subjects")) {
        for (JsonNode rule : role.path("rules")) {
          addAll(rights, subject.path("name").asText(), where, rule);
        }
      }
    }
    return rights;
  }

  private static void addAll(List<Right> rights, String account, String where, JsonNode rule) {
    List<String> names = new ArrayList<>();
    rule.path("resourceNames").forEach(name -> names.add(name.asText()));
    if (names.isEmpty()) {
      names.add("");
    }
    for (JsonNode group : rule.path("apiGroups")) {
      for (JsonNode resource : rule.path("resources")) {
        for (JsonNode verb : rule.path("verbs")) {
          for (String name : names) {
            rights.add(
                new Right(
                    account,
                    where,
                    verb.asText(),
                    qualified(resource.asText(), group.asText()),
                    name));
          }
        }
      }
    }
  }

  private ObjectNode role(JsonNode reference) {
    return objects.stream()
        .filter(each -> each.path("kind").equals(reference.path("kind")))
        .filter(each -> each.at("/metadata/name").equals(reference.path("name")))
        .findFirst()
        .orElseThrow();
  }

  /** A right that holds everywhere is used by who goes beyond the system's own namespace. */
  private static boolean isUse(JsonNode event, Right right) {
    String namespace = event.at("/objectRef/namespace").asText();
    return isAllowed(event)
        && account(event).equals(right.account())
        && event.path("verb").asText().equals(right.verb())
        && resource(event).equals(right.resource())
        && namespace.equals(SYSTEM) != right.where().equals(EVERYWHERE)
        && (right.name().isEmpty() || event.at("/objectRef/name").asText().equals(right.name()));
  }

  private static boolean isAllowed(JsonNode event) {
    return event
        .path("annotations")
        .path("authorization.k8s.io/decision")
        .asText("allow")
        .equals("allow");
  }

  private static String account(JsonNode event) {
    return event.at("/user/username").asText().replace(ACCOUNT, "");
  }

  private static String resource(JsonNode event) {
    JsonNode object = event.path("objectRef");
    String subresource = object.path("subresource").asText();
    return qualified(
        object.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource),
        object.path("apiGroup").asText());
  }

  private static String qualified(String resource, String group) {
    return group.isEmpty() ? resource : resource + "." + group;
  }
}
