package dev.bellows.controlplane.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A name and password for a registry.
 *
 * @param username never empty
 * @param password perhaps a token
 */
record Credentials(String username, String password) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONFIG = ".dockerconfigjson";
  private static final String OLD_CONFIG = ".dockercfg";

  /** Not told by accident in a log. */
  @Override
  public String toString() {
    return "credentials of " + username;
  }

  /** As the header {@code Authorization} carries them (RFC 7617). */
  String basic() {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((username + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  /** The first credentials that some pull secrets have for a registry. */
  static Optional<Credentials> of(List<Secret> secrets, String registry) {
    return secrets.stream()
        .flatMap(secret -> entries(secret).properties().stream())
        .filter(entry -> host(entry.getKey()).equals(registry))
        .flatMap(entry -> read(entry.getValue()).stream())
        .findFirst();
  }

  private static JsonNode entries(Secret secret) {
    Map<String, String> data = secret.getData() == null ? Map.of() : secret.getData();
    try {
      if (data.containsKey(CONFIG)) {
        return JSON.readTree(decoded(data.getOrDefault(CONFIG, ""))).path("auths");
      }
      return JSON.readTree(decoded(data.getOrDefault(OLD_CONFIG, "")));
    } catch (JsonProcessingException | IllegalArgumentException unreadable) {
      return JSON.createObjectNode(); // as a kubelet does: the next secret may help
    }
  }

  /** Keys are hosts, or URLs of one: {@code https://index.docker.io/v1/}. */
  private static String host(String key) {
    String rest = key.contains("://") ? key.substring(key.indexOf("://") + 3) : key;
    int slash = rest.indexOf('/');
    String host = slash < 0 ? rest : rest.substring(0, slash);
    return host.equals("docker.io") || host.equals("registry-1.docker.io")
        ? ImageName.DEFAULT_REGISTRY
        : host;
  }

  private static Optional<Credentials> read(JsonNode entry) {
    String username = entry.path("username").asText("");
    String password = entry.path("password").asText("");
    if (username.isEmpty() && entry.has("auth")) {
      String[] both;
      try {
        both = decoded(entry.path("auth").asText()).split(":", 2);
      } catch (IllegalArgumentException unreadable) {
        return Optional.empty();
      }
      if (both.length == 2) {
        username = both[0];
        password = both[1];
      }
    }
    return username.isEmpty() ? Optional.empty() : Optional.of(new Credentials(username, password));
  }

  private static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64.strip()), StandardCharsets.UTF_8);
  }
}
