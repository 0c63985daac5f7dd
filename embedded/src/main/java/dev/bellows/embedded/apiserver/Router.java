package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says who asks, and which part answers which path. The one place where failures become Status. */
final class Router {
  private static final Logger log = LoggerFactory.getLogger(Router.class);

  /** Requests in work at once; kube-apiserver's default is 400 reading and 200 changing. */
  static final int MAX_IN_FLIGHT = 600;

  /** Watches and followed logs at once. */
  static final int MAX_WATCHES = 2000;

  /**
   * Of bodies above {@link #SMALL_BODY_BYTES} that are worked on at once; others wait their turn.
   * Read, copied and compared they take many times their size.
   */
  static final int MAX_BODY_BYTES_IN_WORK = 4 << 20;

  private static final int SMALL_BODY_BYTES = 64 << 10;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ByteBudget.Pair bodies =
      new ByteBudget.Pair(
          new ByteBudget(MAX_BODY_BYTES_IN_WORK / 2), new ByteBudget(MAX_BODY_BYTES_IN_WORK / 2));
  private final Places inFlight = new Places(MAX_IN_FLIGHT);

  /** Connections of exec, attach and port-forward, and proxied requests, at once. */
  static final int MAX_STREAM_CONNECTIONS = 128;

  private final Places streams = new Places(MAX_STREAM_CONNECTIONS);
  private final Places watches = new Places(MAX_WATCHES);
  private final Authentication authentication;
  private final Rbac rbac;
  private final Impersonation impersonation;
  private final Discovery discovery;
  private final ObjectRequests objects;
  private final MetricsRequests metrics;
  private final ProxyRequests proxies;
  private final OpenApi openApi;
  private final Reviews reviews;

  Router(
      Registry registry,
      NodeAccess node,
      Authentication authentication,
      ServiceAccountTokens accounts) {
    this.authentication = authentication;
    this.rbac = new Rbac(registry.store());
    this.impersonation = new Impersonation(rbac);
    this.discovery = new Discovery(registry);
    this.objects = new ObjectRequests(registry, node, accounts, rbac);
    this.metrics = new MetricsRequests(registry, node.pods());
    this.proxies = new ProxyRequests(registry, node.pods());
    this.openApi = new OpenApi(registry);
    this.reviews = new Reviews(rbac, authentication::holder);
  }

  /** Answers a request, on the caller's thread. */
  void handle(ApiRequest request) {
    ApiRequest known;
    try {
      known = request.by(user(request));
    } catch (ApiException e) {
      encoded(request).answer().json(e.code(), e.status());
      return;
    }
    Optional<Places.Place> place = places(known).take(known.user());
    if (place.isEmpty()) {
      encoded(request).answer().json(429, ApiException.tooManyRequests().status());
      return;
    }
    try (Places.Place _ = place.get()) {
      if (known.body().size() > SMALL_BODY_BYTES) {
        answerInTurn(known);
      } else {
        answer(known);
      }
    }
  }

  /** What stays for long has places of its own. */
  private Places places(ApiRequest request) {
    if (StreamRequests.isOne(request) || ProxyPath.of(request.path()).isPresent()) {
      return streams;
    }
    return request.flag("watch") || request.flag("follow") ? watches : inFlight;
  }

  private void answerInTurn(ApiRequest request) {
    try (ByteBudget.Share _ = bodies.of(request.user()).take(request.body().size(), PATIENCE)) {
      answer(request);
    } catch (ApiException e) {
      request.answer().json(e.code(), e.status());
    }
  }

  private void answer(ApiRequest request) {
    try {
      ApiRequest shown =
          request.flag("pretty") ? request.answeredBy(new PrettyAnswer(request.answer())) : request;
      route(shown.by(impersonation.of(shown, shown.user())));
    } catch (ApiException e) {
      encoded(request).answer().json(e.code(), e.status());
    } catch (RuntimeException | StackOverflowError e) {
      // Whatever a request has brought about, its client hears of it, and its place gets free.
      log.error("{} {}", request.method(), request.path(), e);
      encoded(request)
          .answer()
          .json(500, ApiException.internal(String.valueOf(e.getMessage())).status());
    }
  }

  /** With answers in the encoding that the client prefers. */
  private static ApiRequest encoded(ApiRequest request) {
    return request.answeredBy(
        EncodedAnswer.of(Accept.encoding(request.header("accept")), request.answer()));
  }

  /** Who asks; whoever says nothing of themselves is nobody, and may what nobody may. */
  private User user(ApiRequest request) {
    String authorization = request.header("authorization");
    return authorization.isEmpty()
        ? User.NOBODY
        : authentication
            .bearer(authorization)
            .orElseThrow(() -> ApiException.of(401, "Unauthorized", "Unauthorized"));
  }

  private void route(ApiRequest request) {
    String path = request.path();
    String trimmed =
        path.endsWith("/") && path.length() > 1 ? path.substring(0, path.length() - 1) : path;
    List<String> parts = List.of(trimmed.substring(1).split("/", -1));
    if (!isObjects(parts)) {
      rbac.require(request.user(), Action.of(request));
    }
    switch (parts.getFirst()) {
      case "healthz", "livez", "readyz" ->
          request
              .answer()
              .send(200, "text/plain; charset=utf-8", "ok".getBytes(StandardCharsets.UTF_8));
      case "version" -> request.answer().json(200, discovery.version());
      case "api", "apis" -> api(request, parts);
      case "openapi" -> openApi(request, parts);
      default -> throw ApiException.noSuchResource();
    }
  }

  /** Whether a path leads below a group and version, where rights are about objects. */
  private static boolean isObjects(List<String> parts) {
    return (parts.getFirst().equals("api") && parts.size() > 2)
        || (parts.getFirst().equals("apis") && parts.size() > 3);
  }

  private void openApi(ApiRequest request, List<String> parts) {
    if (parts.size() < 2 || !request.method().equals("GET")) {
      throw ApiException.noSuchResource();
    }
    if (parts.size() == 2 && parts.get(1).equals("v2")) {
      openApi.answerSecond(request);
      return;
    }
    if (!parts.get(1).equals("v3")) {
      throw ApiException.noSuchResource();
    }
    byte[] document =
        switch (parts.size()) {
          case 2 -> Json.bytes(openApi.index());
          case 4 -> openApi.json("", parts.get(3));
          case 5 -> openApi.json(parts.get(3), parts.get(4));
          default -> throw ApiException.noSuchResource();
        };
    request.answer().send(200, "application/json", document);
  }

  /** The form of a watch from before there was a parameter for it. */
  private void watch(ApiPath path, ApiRequest request) {
    ApiRequest watching = request.with("watch", "true");
    rbac.require(request.user(), Action.of(path.collection(), watching));
    objects.handle(
        path.collection(),
        path.name().isEmpty()
            ? watching
            : watching.with("fieldSelector", "metadata.name=" + path.name()));
  }

  private void api(ApiRequest request, List<String> parts) {
    Optional<ProxyPath> proxied = ProxyPath.of(request.path());
    if (proxied.isPresent()) {
      rbac.require(request.user(), Action.of(proxied.get().target(), request));
      proxies.handle(proxied.get(), request);
      return;
    }
    boolean core = parts.getFirst().equals("api");
    int prefix = core ? 2 : 3;
    if (parts.size() <= prefix) {
      if (!request.method().equals("GET")) {
        throw ApiException.methodNotAllowed();
      }
      ObjectNode document = discovery.answer(request, parts);
      encoded(request)
          .answer()
          .send(200, discovery.contentType(request, parts), Json.bytes(document));
      return;
    }
    String group = core ? "" : parts.get(1);
    String version = parts.get(prefix - 1);
    if (parts.get(prefix).equals("watch") && parts.size() > prefix + 1) {
      watch(ApiPath.of(group, version, parts.subList(prefix + 1, parts.size())), request);
      return;
    }
    ApiPath path = ApiPath.of(group, version, parts.subList(prefix, parts.size()));
    rbac.require(request.user(), Action.of(path, request));
    ApiRequest encoded = encoded(request);
    if (!reviews.answer(path, encoded) && !metrics.answer(path, encoded)) {
      objects.handle(path, request);
    }
  }
}
