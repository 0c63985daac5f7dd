package dev.bellows.dataplane.requestlog;

import dev.bellows.dataplane.proxy.Exchange;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a template can ask of a request: Go's http.Request, as far as it can be logged. */
final class RequestFields implements Struct {
  private final Exchange exchange;
  private final String method;
  private final String target;
  private final String host;
  private final long contentLength;

  /** Notes what stages change on the way; the headers are those that were passed on. */
  RequestFields(Exchange exchange) {
    this.exchange = exchange;
    this.method = exchange.request().method().name();
    this.target = exchange.request().uri();
    this.host = exchange.host();
    this.contentLength = contentLength(exchange.headers());
  }

  private static long contentLength(HttpHeaders headers) {
    String declared = headers.get("Content-Length");
    if (declared == null) {
      return headers.contains("Transfer-Encoding") ? -1 : 0;
    }
    try {
      return Long.parseLong(declared.trim());
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  @Override
  public Object get(String name, List<Object> arguments) {
    return switch (name) {
      case "Method" -> method;
      case "RequestURI" -> target;
      case "Host" -> host;
      case "URL" -> (Struct) this::url;
      case "Proto" -> exchange.version().text();
      case "ProtoMajor" -> (long) exchange.version().majorVersion();
      case "ProtoMinor" -> (long) exchange.version().minorVersion();
      case "ContentLength" -> contentLength;
      case "RemoteAddr" -> exchange.peerIp();
      case "UserAgent" -> header("User-Agent");
      case "Referer" -> header("Referer");
      case "Header" -> new Headers(exchange.headers());
      default -> throw Struct.unknown(name, "*http.Request");
    };
  }

  private String header(String name) {
    String value = exchange.headers().get(name);
    return value == null ? "" : value;
  }

  private Object url(String name, List<Object> arguments) {
    int query = target.indexOf('?');
    return switch (name) {
      case "Path" -> query < 0 ? target : target.substring(0, query);
      case "RawQuery" -> query < 0 ? "" : target.substring(query + 1);
      case "Host", "Scheme" -> ""; // a server's request has its target in origin form
      case "String", "RequestURI" -> target;
      default -> throw Struct.unknown(name, "*url.URL");
    };
  }

  /** The headers as a map, with a method that finds one whatever its case. */
  static final class Headers extends TreeMap<String, List<String>> implements Struct {
    @java.io.Serial private static final long serialVersionUID = 1L;

    Headers(HttpHeaders headers) {
      super(String.CASE_INSENSITIVE_ORDER);
      for (Map.Entry<String, String> each : headers) {
        merge(each.getKey(), List.of(each.getValue()), Headers::joined);
      }
    }

    private static List<String> joined(List<String> before, List<String> more) {
      return java.util.stream.Stream.concat(before.stream(), more.stream()).toList();
    }

    @Override
    public Object get(String name, List<Object> arguments) {
      if (arguments.size() == 1) {
        List<String> values = getOrDefault(arguments.getFirst(), List.of());
        if (name.equals("Get")) {
          return values.isEmpty() ? "" : values.getFirst();
        }
        if (name.equals("Values")) {
          return values;
        }
      }
      throw Struct.unknown(name, "http.Header");
    }
  }
}
