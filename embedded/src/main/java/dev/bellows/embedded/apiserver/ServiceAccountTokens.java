package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Key;
import dev.bellows.embedded.store.ObjectStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Tokens by which pods and people act as a ServiceAccount: JSON Web Tokens (RFC 7519) signed with
 * ES256 (RFC 7518), in the form that Kubernetes issues. A token ends with its time, with its
 * account, and with the pod that it was bound to.
 */
final class ServiceAccountTokens {
  private static final String ISSUER = "https://kubernetes.default.svc";
  private static final long DEFAULT_SECONDS = 3600;
  private static final long MIN_SECONDS = 600;
  private static final long MAX_SECONDS = 1L << 32;
  private static final ResourceType REQUEST =
      new ResourceType("authentication.k8s.io", "v1", "TokenRequest", "tokenrequests", false);

  /** JSON Web Signatures hold r and s side by side, not in ASN.1. */
  private static final String ALGORITHM = "SHA256withECDSAinP1363Format";

  private final ObjectStore store;
  private final InstantSource clock;
  private final PrivateKey key;
  private final PublicKey publicKey;

  private ServiceAccountTokens(ObjectStore store, InstantSource clock, KeyPair keys) {
    this.store = store;
    this.clock = clock;
    this.key = keys.getPrivate();
    this.publicKey = keys.getPublic();
  }

  /** Signs with the key of a data directory, which is made at the first start. */
  static ServiceAccountTokens of(Path dataDirectory, ObjectStore store, InstantSource clock)
      throws IOException {
    Path folder = Files.createDirectories(dataDirectory.resolve("pki"));
    return new ServiceAccountTokens(
        store,
        clock,
        Certificates.keyPair(
            folder.resolve("service-account.key"), folder.resolve("service-account.pub")));
  }

  /** Answers a {@code TokenRequest} for an account. */
  ObjectNode issue(String namespace, String name, ObjectNode request) {
    ObjectNode account =
        read(ResourceTypes.SERVICE_ACCOUNTS, namespace, name)
            .orElseThrow(() -> ApiException.notFound(ResourceTypes.SERVICE_ACCOUNTS, name));
    ObjectNode spec = Json.child(request, "spec");
    long seconds = spec.path("expirationSeconds").asLong(DEFAULT_SECONDS);
    requireBounds(seconds);
    if (spec.path("audiences").isEmpty()) {
      spec.putArray("audiences").add(ISSUER);
    }
    Instant now = clock.instant();
    ObjectNode claims = Json.object();
    claims.set("aud", spec.path("audiences"));
    claims.put("exp", now.getEpochSecond() + seconds).put("iat", now.getEpochSecond());
    claims.put("iss", ISSUER).put("jti", UUID.randomUUID().toString());
    ObjectNode bound = claims.putObject("kubernetes.io").put("namespace", namespace);
    bound.putObject("serviceaccount").put("name", name).put("uid", ObjectMeta.of(account).uid());
    bind(spec.path("boundObjectRef"), namespace, bound);
    claims.put("nbf", now.getEpochSecond());
    claims.put("sub", User.serviceAccount(namespace, name).name());
    request.put("kind", REQUEST.kind()).put("apiVersion", REQUEST.apiVersion());
    request
        .putObject("metadata")
        .put("name", name)
        .put("namespace", namespace)
        .put("creationTimestamp", ObjectMeta.time(now));
    spec.put("expirationSeconds", seconds);
    request
        .putObject("status")
        .put("token", signed(claims))
        .put("expirationTimestamp", ObjectMeta.time(now.plusSeconds(seconds)));
    return request;
  }

  private static void requireBounds(long seconds) {
    String wrong =
        seconds < MIN_SECONDS
            ? "may not specify a duration less than 10 minutes"
            : seconds > MAX_SECONDS ? "may not specify a duration larger than 2^32 seconds" : "";
    if (!wrong.isEmpty()) {
      throw ApiException.invalid(
          REQUEST,
          "",
          List.of(
              new Cause(
                  "FieldValueInvalid",
                  "spec.expirationSeconds",
                  "Invalid value: " + seconds + ": " + wrong)));
    }
  }

  private void bind(JsonNode reference, String namespace, ObjectNode bound) {
    if (!reference.path("kind").asText("").equals("Pod")) {
      return;
    }
    String name = reference.path("name").asText("");
    ObjectNode pod =
        read(ResourceTypes.PODS, namespace, name)
            .orElseThrow(() -> ApiException.notFound(ResourceTypes.PODS, name));
    bound.putObject("pod").put("name", name).put("uid", ObjectMeta.of(pod).uid());
  }

  private Optional<ObjectNode> read(ResourceType type, String namespace, String name) {
    return store.get(new Key(type.resource(), namespace, name)).map(Entry::value).map(Json::read);
  }

  private String signed(ObjectNode claims) {
    String text =
        encoded("{\"alg\":\"ES256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + encoded(Json.bytes(claims));
    try {
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initSign(key);
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return text + "." + encoded(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK signs with P-256", e);
    }
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Whose token this is; empty if it is none of ours, or no longer good. */
  Optional<User> user(String token) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initVerify(publicKey);
      signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
      if (!signature.verify(Base64.getUrlDecoder().decode(parts[2]))) {
        return Optional.empty();
      }
      return holder(Json.read(Base64.getUrlDecoder().decode(parts[1])));
    } catch (GeneralSecurityException | IllegalArgumentException | IllegalStateException e) {
      return Optional.empty(); // not signed by us, or not in the form that we sign
    }
  }

  private Optional<User> holder(ObjectNode claims) {
    boolean forUs = false;
    if (claims.path("aud") instanceof ArrayNode audiences) {
      for (JsonNode audience : audiences) {
        forUs |= audience.asText().equals(ISSUER);
      }
    }
    boolean late = claims.path("exp").asLong(0) <= clock.instant().getEpochSecond();
    JsonNode bound = claims.path("kubernetes.io");
    String namespace = bound.path("namespace").asText("");
    JsonNode account = bound.path("serviceaccount");
    if (!forUs
        || late
        || !lives(ResourceTypes.SERVICE_ACCOUNTS, namespace, account)
        || (bound.has("pod") && !lives(ResourceTypes.PODS, namespace, bound.path("pod")))) {
      return Optional.empty();
    }
    return Optional.of(User.serviceAccount(namespace, account.path("name").asText()));
  }

  private boolean lives(ResourceType type, String namespace, JsonNode reference) {
    return read(type, namespace, reference.path("name").asText(""))
        .filter(object -> ObjectMeta.of(object).uid().equals(reference.path("uid").asText("")))
        .isPresent();
  }
}
