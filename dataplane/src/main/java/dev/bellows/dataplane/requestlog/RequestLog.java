package dev.bellows.dataplane.requestlog;

import dev.bellows.dataplane.proxy.End;
import dev.bellows.dataplane.proxy.EndListener;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes a line about each request when it is over (data-plane spec §6).
 *
 * <p>A template that asks for what is not there says so in each line: it would be worse to say
 * nothing where somebody counts lines.
 */
public final class RequestLog implements Stage {
  /** As the original's where none is given: what log collectors read as an HTTP request. */
  public static final String DEFAULT_TEMPLATE =
      """
      {"httpRequest": {"requestMethod": "{{.Request.Method}}", "requestUrl": \
      "{{js .Request.RequestURI}}", "requestSize": "{{.Request.ContentLength}}", "status": \
      {{.Response.Code}}, "responseSize": "{{.Response.Size}}", "userAgent": \
      "{{js .Request.UserAgent}}", "remoteIp": "{{js .Request.RemoteAddr}}", "serverIp": \
      "{{.Revision.PodIP}}", "referer": "{{js .Request.Referer}}", "latency": \
      "{{.Response.Latency}}s", "protocol": "{{.Request.Proto}}"}, "traceId": "{{.TraceID}}"}
      """;

  private static final double NANOS_PER_SECOND = 1e9;

  private final Template template;
  private final Predicate<Exchange> wanted;
  private final Function<Exchange, Map<String, String>> revision;
  private final Function<HttpHeaders, String> traceIds;
  private final Consumer<String> lines;

  /**
   * A log of some of the exchanges.
   *
   * @param template in the language of Go's text/template
   * @param wanted which exchanges get a line
   * @param revision what {@code .Revision} has of an exchange: Name, Namespace, Service,
   *     Configuration, PodName, PodIP
   * @param traceIds what {@code .TraceID} is: {@link #traceId}, or nothing
   * @param lines takes each line, with its line feed, on an event loop: it must not block
   * @throws TemplateException if the template cannot be read
   */
  public RequestLog(
      String template,
      Predicate<Exchange> wanted,
      Function<Exchange, Map<String, String>> revision,
      Function<HttpHeaders, String> traceIds,
      Consumer<String> lines) {
    this.template = Template.parse(template);
    this.wanted = wanted;
    this.revision = revision;
    this.traceIds = traceIds;
    this.lines = lines;
  }

  @Override
  public void handle(Exchange exchange) {
    if (wanted.test(exchange)) {
      exchange.onEnd(
          new Line(
              new RequestFields(exchange),
              revision.apply(exchange),
              traceIds.apply(exchange.headers())));
    }
    exchange.proceed();
  }

  /** The trace id of W3C's header, else of Zipkin's; empty if there is none. */
  public static String traceId(HttpHeaders headers) {
    String parent = headers.get("Traceparent");
    if (parent != null) {
      String[] parts = parent.split("-", -1);
      if (parts.length > 1) {
        return parts[1];
      }
    }
    String b3 = headers.get("X-B3-TraceId");
    return b3 == null ? "" : b3;
  }

  private final class Line implements EndListener {
    private final RequestFields request;
    private final Map<String, String> revision;
    private final String traceId;

    Line(RequestFields request, Map<String, String> revision, String traceId) {
      this.request = request;
      this.revision = revision;
      this.traceId = traceId;
    }

    @Override
    public void onEnd(Exchange exchange, End end) {
      double latency = (exchange.nowNanos() - exchange.startNanos()) / NANOS_PER_SECOND;
      String line;
      try {
        line = template.render((name, arguments) -> root(name, exchange, latency));
      } catch (TemplateException e) {
        line = "Invalid request log template: " + e.getMessage();
      }
      lines.accept(line.endsWith("\n") ? line : line + "\n");
    }

    private Object root(String name, Exchange exchange, double latency) {
      return switch (name) {
        case "Request" -> request;
        case "Response" -> (Struct) (field, arguments) -> response(field, exchange, latency);
        case "Revision" -> (Struct) (field, arguments) -> revision(field, revision);
        case "TraceID" -> traceId;
        default -> throw Struct.unknown(name, "*http.RequestLogTemplateInput");
      };
    }
  }

  private static Object response(String field, Exchange exchange, double latency) {
    return switch (field) {
      // A client that left before any status is logged as 200, as by the original (§3.5).
      case "Code" -> exchange.status() == 0 ? 200L : (long) exchange.status();
      case "Size" -> exchange.responseBytes();
      case "Latency" -> latency;
      default -> throw Struct.unknown(field, "*http.RequestLogResponse");
    };
  }

  private static Object revision(String field, Map<String, String> revision) {
    @Nullable String value = revision.get(field);
    if (value == null) {
      throw Struct.unknown(field, "*http.RequestLogRevision");
    }
    return value;
  }
}
