package dev.bellows.dataplane.telemetry;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** A span as one line of JSON. */
final class SpanLine {
  private SpanLine() {}

  static String of(Span span) {
    StringBuilder line = new StringBuilder(256).append('{');
    text(line, "name", span.name()).append(',');
    text(line, "traceId", span.context().traceIdHex()).append(',');
    text(line, "spanId", TraceContext.hex(span.id())).append(',');
    text(line, "parentSpanId", span.parentId() == 0 ? "" : TraceContext.hex(span.parentId()))
        .append(',');
    text(line, "kind", span.kind().name()).append(',');
    text(line, "start", instant(span.startNanos())).append(',');
    text(line, "end", instant(span.endNanos())).append(',');
    line.append("\"error\":").append(span.failed()).append(",\"attributes\":{");
    String separator = "";
    for (var each : span.about().values().entrySet()) {
      line.append(separator);
      if (each.getValue() instanceof String value) {
        text(line, each.getKey(), value);
      } else {
        quote(line, each.getKey()).append(':').append(each.getValue());
      }
      separator = ",";
    }
    return line.append("}}\n").toString();
  }

  private static String instant(long nanos) {
    long second = TimeUnit.SECONDS.toNanos(1);
    return Instant.ofEpochSecond(nanos / second, nanos % second).toString();
  }

  private static StringBuilder text(StringBuilder line, String key, String value) {
    return quote(quote(line, key).append(':'), value);
  }

  private static StringBuilder quote(StringBuilder line, String text) {
    line.append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, line);
    return line.append('"');
  }
}
