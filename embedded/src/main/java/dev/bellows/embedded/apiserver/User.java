package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Who asks.
 *
 * @param name as the API names users: {@code system:serviceaccount:NAMESPACE:NAME}
 * @param groups that they belong to
 * @param uid that tells them from others of the name, empty if it is not known
 * @param extra what else is known of them
 */
record User(String name, List<String> groups, String uid, Map<String, List<String>> extra) {
  static final String AUTHENTICATED = "system:authenticated";
  static final String UNAUTHENTICATED = "system:unauthenticated";

  /** Who has not said who they are. */
  static final User NOBODY = new User("system:anonymous", List.of(UNAUTHENTICATED));

  private static final String MASTERS = "system:masters";

  User {
    groups = List.copyOf(groups);
    extra = Map.copyOf(extra);
  }

  User(String name, List<String> groups) {
    this(name, groups, "", Map.of());
  }

  /**
   * Whom a verified client certificate names: its common name, in the groups that its organizations
   * are (Kubernetes documentation, "Authenticating", X.509 client certificates).
   *
   * @return {@link #NOBODY} for a client that has shown none
   */
  static User of(SSLSession session) {
    try {
      X509Certificate shown = (X509Certificate) session.getPeerCertificates()[0];
      String name = "";
      List<String> groups = new ArrayList<>(List.of(AUTHENTICATED));
      for (Rdn part : new LdapName(shown.getSubjectX500Principal().getName()).getRdns()) {
        switch (part.getType().toUpperCase(Locale.ROOT)) {
          case "CN" -> name = part.getValue().toString();
          case "O" -> groups.add(part.getValue().toString());
          default -> {} // nothing that Kubernetes reads
        }
      }
      return name.isEmpty() ? NOBODY : new User(name, groups);
    } catch (SSLPeerUnverifiedException | InvalidNameException e) {
      return NOBODY;
    }
  }

  /** One of this process's own roles, or the owner of the data directory. */
  static User master(String name) {
    return new User(name, List.of(MASTERS, AUTHENTICATED));
  }

  static User serviceAccount(String namespace, String name) {
    return new User(
        "system:serviceaccount:" + namespace + ":" + name,
        List.of("system:serviceaccounts", "system:serviceaccounts:" + namespace, AUTHENTICATED));
  }

  /** Whom a {@code SubjectAccessReview} asks about. */
  static User of(JsonNode spec) {
    List<String> groups = new ArrayList<>();
    spec.path("groups").forEach(group -> groups.add(group.asText()));
    return new User(spec.path("user").asText(""), groups);
  }

  /** Whether every right is theirs, whatever roles say. */
  boolean isMaster() {
    return groups.contains(MASTERS);
  }

  /** Whether this is a part of Bellows, rather than somebody, be it the owner. */
  boolean isPart() {
    return isMaster()
        && (name.equals(WriteOptions.SELF)
            || name.equals(ApiServer.Role.CONTROL_PLANE.user())
            || name.equals(ApiServer.Role.NODE.user()));
  }

  boolean isAuthenticated() {
    return groups.contains(AUTHENTICATED);
  }

  /** As reviews show it. */
  ObjectNode json() {
    ObjectNode json = Json.object().put("username", name);
    if (!uid.isEmpty()) {
      json.put("uid", uid);
    }
    groups.forEach(json.putArray("groups")::add);
    if (!extra.isEmpty()) {
      ObjectNode facts = json.putObject("extra");
      extra.forEach((key, values) -> values.forEach(facts.putArray(key)::add));
    }
    return json;
  }
}
