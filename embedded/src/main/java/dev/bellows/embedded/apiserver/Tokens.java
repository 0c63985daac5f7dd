package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.DataFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One bearer token per role, made at the first start and kept for the owner of the data directory.
 */
final class Tokens {
  private static final int TOKEN_BYTES = 32;

  private final Map<String, String> tokenOfUser;

  private Tokens(Map<String, String> tokenOfUser) {
    this.tokenOfUser = Map.copyOf(tokenOfUser);
  }

  /** Reads the tokens of a data directory, making those that are missing. */
  static Tokens of(Path dataDirectory) throws IOException {
    Path file = DataFiles.ownerOnlyDirectory(dataDirectory.resolve("pki")).resolve("tokens.json");
    ObjectNode stored = Files.exists(file) ? Json.read(Files.readAllBytes(file)) : Json.object();
    SecureRandom random = new SecureRandom();
    Map<String, String> tokens = new LinkedHashMap<>();
    for (ApiServer.Role role : ApiServer.Role.values()) {
      String token = Json.text(stored, role.user());
      if (token.isEmpty()) {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        token = HexFormat.of().formatHex(bytes);
        stored.put(role.user(), token);
      }
      tokens.put(role.user(), token);
    }
    if (!Files.exists(file)) {
      Files.createFile(file);
    }
    DataFiles.ownerOnly(file);
    Files.write(file, Json.bytes(stored));
    return new Tokens(tokens);
  }

  String of(ApiServer.Role role) {
    String token = tokenOfUser.get(role.user());
    if (token == null) {
      throw new IllegalStateException("no token for " + role);
    }
    return token;
  }

  /** Whose token this is. Takes as long for a wrong token as for a right one. */
  Optional<User> user(String token) {
    byte[] given = token.getBytes(StandardCharsets.UTF_8);
    String user = "";
    for (Map.Entry<String, String> each : tokenOfUser.entrySet()) {
      if (MessageDigest.isEqual(given, each.getValue().getBytes(StandardCharsets.UTF_8))) {
        user = each.getKey();
      }
    }
    return user.isEmpty() ? Optional.empty() : Optional.of(User.master(user));
  }
}
