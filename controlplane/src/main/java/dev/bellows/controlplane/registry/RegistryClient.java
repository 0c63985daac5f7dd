package dev.bellows.controlplane.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks a registry which digest a tag stands for: HEAD of the manifest, with a token or a password
 * where the registry wants one. Blocks; for virtual threads.
 */
final class RegistryClient {
  private static final String MANIFEST_TYPES =
      String.join(
          ",",
          List.of(
              "application/vnd.oci.image.index.v1+json",
              "application/vnd.oci.image.manifest.v1+json",
              "application/vnd.docker.distribution.manifest.list.v2+json",
              "application/vnd.docker.distribution.manifest.v2+json"));

  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final Pattern PARAMETER = Pattern.compile("([a-z]+)=\"([^\"]*)\"");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NORMAL)
          .connectTimeout(Duration.ofSeconds(10))
          .build();

  /**
   * The digest of the image's manifest, or of its list of manifests.
   *
   * @param timeout for each of at most three requests
   * @throws RegistryException if the registry refuses, does not know it or gives no digest
   * @throws IOException if it cannot be reached
   */
  String digest(ImageName image, Optional<Credentials> credentials, Duration timeout)
      throws IOException, RegistryException, InterruptedException {
    HttpResponse<String> answer = head(image, Optional.empty(), timeout);
    if (answer.statusCode() == HttpURLConnection.HTTP_UNAUTHORIZED) {
      String challenge = answer.headers().firstValue("WWW-Authenticate").orElse("");
      answer = head(image, authorization(image, challenge, credentials, timeout), timeout);
    }
    if (answer.statusCode() != HttpURLConnection.HTTP_OK) {
      throw new RegistryException(
          "HEAD %s: unexpected status code %d".formatted(image.manifest(), answer.statusCode()));
    }
    return answer
        .headers()
        .firstValue("Docker-Content-Digest")
        .filter(digest -> DIGEST.matcher(digest).matches())
        .orElseThrow(() -> new RegistryException("HEAD " + image.manifest() + ": no digest"));
  }

  private HttpResponse<String> head(
      ImageName image, Optional<String> authorization, Duration timeout)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(image.manifest())
            .HEAD()
            .timeout(timeout)
            .header("Accept", MANIFEST_TYPES);
    authorization.ifPresent(value -> request.header("Authorization", value));
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Answers a challenge (RFC 9110 §11.6.1): with the password itself, or with a token for it. */
  private Optional<String> authorization(
      ImageName image, String challenge, Optional<Credentials> credentials, Duration timeout)
      throws IOException, RegistryException, InterruptedException {
    if (!challenge.regionMatches(true, 0, "Bearer ", 0, "Bearer ".length())) {
      return credentials.map(Credentials::basic);
    }
    Map<String, String> parameters = new HashMap<>();
    Matcher matcher = PARAMETER.matcher(challenge);
    while (matcher.find()) {
      parameters.put(matcher.group(1), matcher.group(2));
    }
    String scope = parameters.getOrDefault("scope", "repository:" + image.repository() + ":pull");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                tokenUri(image, parameters.getOrDefault("realm", ""), parameters, scope))
            .timeout(timeout);
    credentials.ifPresent(known -> request.header("Authorization", known.basic()));
    HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != HttpURLConnection.HTTP_OK) {
      throw new RegistryException(
          "no token for %s: unexpected status code %d".formatted(scope, answer.statusCode()));
    }
    JsonNode body = JSON.readTree(answer.body());
    String token = body.path("token").asText(body.path("access_token").asText(""));
    return Optional.of("Bearer " + token);
  }

  private static URI tokenUri(
      ImageName image, String realm, Map<String, String> parameters, String scope)
      throws RegistryException {
    try {
      URI uri = URI.create(realm);
      if (uri.getHost() == null) {
        throw new RegistryException(image.registry() + " asks for a token and says not where");
      }
      String query = "scope=" + encoded(scope);
      String service = parameters.get("service");
      return URI.create(
          realm
              + (uri.getQuery() == null ? "?" : "&")
              + (service == null ? query : "service=" + encoded(service) + "&" + query));
    } catch (IllegalArgumentException e) {
      throw new RegistryException(image.registry() + " names no place for tokens: " + realm);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
