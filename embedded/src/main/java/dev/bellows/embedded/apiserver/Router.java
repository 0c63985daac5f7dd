package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
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

  private final ByteBudget bodies = new ByteBudget(MAX_BODY_BYTES_IN_WORK);
  private final Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT);

  /** Connections of exec, attach and port-forward at once. */
  static final int MAX_STREAM_CONNECTIONS = 128;

  private final Semaphore streams = new Semaphore(MAX_STREAM_CONNECTIONS);
  private final Semaphore watches = new Semaphore(MAX_WATCHES);
  private final Authentication authentication;
  private final Rbac rbac;
  private final Impersonation impersonation;
  private final Discovery discovery;
  private final ObjectRequests objects;
  private final MetricsRequests metrics;
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
    this.openApi = new OpenApi(registry);
    this.reviews = new Reviews(rbac, authentication::holder);
  }

  /** Answers a request, on the caller's thread. */
  void handle(ApiRequest request) {
    Semaphore places = places(request);
    if (!places.tryAcquire()) {
      request.answer().json(429, ApiException.tooManyRequests().status());
      return;
    }
    try {
      if (request.body().size() > SMALL_BODY_BYTES) {
        answerInTurn(request);
      } else {
        answer(request);
      }
    } finally {
      places.release();
    }
  }

  /** What stays for long has places of its own. */
  private Semaphore places(ApiRequest request) {
    if (StreamRequests.isOne(request)) {
      return streams;
    }
    return request.flag("watch") || request.flag("follow") ? watches : inFlight;
  }

  private void answerInTurn(ApiRequest request) {
    try (ByteBudget.Share _ = bodies.take(request.body().size(), PATIENCE)) {
      answer(request);
    } catch (ApiException e) {
      request.answer().json(e.code(), e.status());
    }
  }

  private void answer(ApiRequest request) {
    try {
      ApiRequest shown =
          request.flag("pretty") ? request.answeredBy(new PrettyAnswer(request.answer())) : request;
      route(shown.by(impersonation.of(shown, user(shown))));
    } catch (ApiException e) {
      request.answer().json(e.code(), e.status());
    } catch (RuntimeException e) {
      log.error("{} {}", request.method(), request.path(), e);
      request.answer().json(500, ApiException.internal(String.valueOf(e.getMessage())).status());
    }
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
      request.answer().json(200, openApi.second());
      return;
    }
    if (!parts.get(1).equals("v3")) {
      throw ApiException.noSuchResource();
    }
    ObjectNode document =
        switch (parts.size()) {
          case 2 -> openApi.index();
          case 4 -> openApi.document("", parts.get(3));
          case 5 -> openApi.document(parts.get(3), parts.get(4));
          default -> throw ApiException.noSuchResource();
        };
    request.answer().json(200, document);
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
    boolean core = parts.getFirst().equals("api");
    int prefix = core ? 2 : 3;
    if (parts.size() <= prefix) {
      if (!request.method().equals("GET")) {
        throw ApiException.methodNotAllowed();
      }
      ObjectNode document = discovery.answer(request, parts);
      request.answer().send(200, discovery.contentType(request, parts), Json.bytes(document));
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
    if (!reviews.answer(path, request) && !metrics.answer(path, request)) {
      objects.handle(path, request);
    }
  }
}
