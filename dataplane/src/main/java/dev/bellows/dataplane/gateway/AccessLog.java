package dev.bellows.dataplane.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.bellows.dataplane.proxy.End;
import dev.bellows.dataplane.proxy.EndListener;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes a line about each request when it is over: what was asked for as the client asked for it,
 * who answered, and how it went. The forms are described in docs/gateway.md.
 */
public final class AccessLog {
  private static final JsonFactory JSON = new JsonFactory();
  private static final double NANOS_PER_MILLI = 1e6;

  private final Form form;
  private final Consumer<String> lines;
  private final InstantSource clock;

  /** How a line is written. */
  public enum Form {
    /** For people: values in a fixed order, after the manner of the common log format. */
    text,
    /** For programs: one object. */
    json
  }

  /**
   * A log of all requests of a gateway.
   *
   * @param lines takes each line, with its line feed, on an event loop: it must not block
   * @param clock stamps the lines
   */
  public AccessLog(Form form, Consumer<String> lines, InstantSource clock) {
    this.form = form;
    this.lines = lines;
    this.clock = clock;
  }

  /**
   * The stage that notes what comes in by one port; to be the first.
   *
   * @param scheme of the port's URLs
   */
  Stage stage(String scheme) {
    return new Stage() {
      @Override
      public void handle(Exchange exchange) {
        exchange.onEnd(new Line(exchange, scheme, clock.instant()));
        exchange.proceed();
      }

      @Override
      public String toString() {
        return "access log";
      }
    };
  }

  /** One request, as it came: later stages rewrite it. */
  private final class Line implements EndListener {
    private final Instant began;
    private final String scheme;
    private final String method;
    private final String host;
    private final String uri;
    private final String protocol;
    private final String userAgent;

    Line(Exchange exchange, String scheme, Instant began) {
      this.began = began.truncatedTo(ChronoUnit.MILLIS);
      this.scheme = scheme;
      this.method = exchange.request().method().name();
      this.host = exchange.host();
      this.uri = exchange.request().uri();
      this.protocol = exchange.version().text();
      this.userAgent = exchange.headers().get(HttpHeaderNames.USER_AGENT, "");
    }

    @Override
    public void onEnd(Exchange exchange, End end) {
      Delivery delivery = exchange.get(Delivery.DELIVERY);
      lines.accept(
          switch (form) {
            case text -> text(exchange, end, delivery);
            case json -> json(exchange, end, delivery);
          });
    }

    private String text(Exchange exchange, End end, @Nullable Delivery delivery) {
      return "%s %s \"%s %s://%s%s %s\" %s %d %d %s %s %s %s \"%s\"%n"
          .formatted(
              began,
              exchange.peerIp(),
              quoted(method),
              scheme,
              quoted(host),
              quoted(uri),
              protocol,
              exchange.status() == 0 ? "-" : String.valueOf(exchange.status()),
              exchange.requestBytes(),
              exchange.responseBytes(),
              "%.3fms".formatted(millis(exchange)),
              word(end),
              delivery == null ? "-" : delivery.service(),
              delivery == null || delivery.address() == null ? "-" : delivery.address(),
              quoted(userAgent));
    }

    private String json(Exchange exchange, End end, @Nullable Delivery delivery) {
      StringWriter text = new StringWriter();
      try (JsonGenerator line = JSON.createGenerator(text)) {
        line.writeStartObject();
        line.writeStringField("time", began.toString());
        line.writeStringField("client", exchange.peerIp());
        line.writeStringField("method", method);
        line.writeStringField("scheme", scheme);
        line.writeStringField("host", host);
        line.writeStringField("path", uri);
        line.writeStringField("protocol", protocol);
        line.writeStringField("userAgent", userAgent);
        line.writeNumberField("status", exchange.status());
        line.writeNumberField("requestBytes", exchange.requestBytes());
        line.writeNumberField("responseBytes", exchange.responseBytes());
        line.writeNumberField("durationMillis", millis(exchange));
        line.writeStringField("end", word(end));
        if (delivery != null) {
          line.writeStringField("service", delivery.service().toString());
          if (delivery.address() != null) {
            line.writeStringField("address", delivery.address().toString());
          }
          line.writeNumberField("attempts", delivery.attempts());
        }
        line.writeEndObject();
      } catch (IOException e) {
        throw new UncheckedIOException("writing to memory", e);
      }
      return text.append('\n').toString();
    }

    private static double millis(Exchange exchange) {
      // To the microsecond: what is less is noise.
      return Math.rint((exchange.nowNanos() - exchange.startNanos()) / NANOS_PER_MILLI * 1000)
          / 1000;
    }
  }

  private static String word(End end) {
    return end.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A client's words between quotes: nothing in them may look like the end of it, or of a line. */
  static String quoted(String text) {
    StringBuilder safe = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\';
      if (!plain && safe == null) {
        safe = new StringBuilder(text.length() + 16).append(text, 0, i);
      }
      if (safe != null) {
        if (plain) {
          safe.append(c);
        } else if (c == '"' || c == '\\') {
          safe.append('\\').append(c);
        } else {
          safe.append("\\u%04x".formatted((int) c));
        }
      }
    }
    return safe == null ? text : safe.toString();
  }
}
