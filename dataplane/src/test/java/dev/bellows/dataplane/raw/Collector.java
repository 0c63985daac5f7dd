package dev.bellows.dataplane.raw;

import com.google.protobuf.InvalidProtocolBufferException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.collector.metrics.v1.MetricsServiceGrpc;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/**
 * A collector of OTLP made of what OpenTelemetry and gRPC publish for Java: nothing of ours decodes
 * what it is sent.
 */
public final class Collector implements AutoCloseable {
  private final Server grpc;
  private final HttpServer http;

  /** What came, in order. */
  public final Queue<ExportMetricsServiceRequest> measures = new ConcurrentLinkedQueue<>();

  public final Queue<ExportTraceServiceRequest> traces = new ConcurrentLinkedQueue<>();

  private Collector() throws IOException {
    grpc =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new MetricsServiceGrpc.MetricsServiceImplBase() {
                  @Override
                  public void export(
                      ExportMetricsServiceRequest request,
                      StreamObserver<ExportMetricsServiceResponse> answer) {
                    measures.add(request);
                    answer.onNext(ExportMetricsServiceResponse.getDefaultInstance());
                    answer.onCompleted();
                  }
                })
            .addService(
                new TraceServiceGrpc.TraceServiceImplBase() {
                  @Override
                  public void export(
                      ExportTraceServiceRequest request,
                      StreamObserver<ExportTraceServiceResponse> answer) {
                    traces.add(request);
                    answer.onNext(ExportTraceServiceResponse.getDefaultInstance());
                    answer.onCompleted();
                  }
                })
            .build()
            .start();
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext("/v1/metrics", exchange -> take(exchange, true));
    http.createContext("/v1/traces", exchange -> take(exchange, false));
    http.start();
  }

  /** One at work. */
  public static Collector start() throws IOException {
    return new Collector();
  }

  private void take(HttpExchange exchange, boolean metrics) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      boolean protobuf =
          "application/x-protobuf".equals(exchange.getRequestHeaders().getFirst("Content-Type"));
      try {
        if (metrics) {
          measures.add(ExportMetricsServiceRequest.parseFrom(body));
        } else {
          traces.add(ExportTraceServiceRequest.parseFrom(body));
        }
        exchange.sendResponseHeaders(protobuf ? 200 : 415, -1);
      } catch (InvalidProtocolBufferException e) {
        exchange.sendResponseHeaders(400, -1);
      }
    }
  }

  /** Where one exports to by a protocol of {@code config-observability}. */
  public String endpoint(String protocol) {
    return switch (protocol) {
      case "grpc" -> "127.0.0.1:" + grpc.getPort();
      case "http/protobuf" -> "http://127.0.0.1:" + http.getAddress().getPort();
      default -> throw new IllegalArgumentException(protocol);
    };
  }

  /** The measures that came last, by name. */
  public Map<String, Metric> lastMeasures() {
    ExportMetricsServiceRequest last = null;
    for (ExportMetricsServiceRequest each : measures) {
      last = each;
    }
    return last == null
        ? Map.of()
        : last.getResourceMetricsList().stream()
            .flatMap(resource -> resource.getScopeMetricsList().stream())
            .flatMap(scope -> scope.getMetricsList().stream())
            .collect(Collectors.toMap(Metric::getName, each -> each));
  }

  /** All spans so far. */
  public List<Span> spans() {
    return traces.stream()
        .flatMap(request -> request.getResourceSpansList().stream())
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .flatMap(scope -> scope.getSpansList().stream())
        .toList();
  }

  /** Attributes as they read. */
  public static Map<String, String> attributes(List<KeyValue> list) {
    return list.stream().collect(Collectors.toMap(KeyValue::getKey, each -> text(each.getValue())));
  }

  private static String text(AnyValue value) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> value.getStringValue();
      case INT_VALUE -> String.valueOf(value.getIntValue());
      case BOOL_VALUE -> String.valueOf(value.getBoolValue());
      default -> value.toString();
    };
  }

  @Override
  public void close() {
    grpc.shutdownNow();
    http.stop(0);
  }
}
