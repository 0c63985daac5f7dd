package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Readiness of programs that speak HTTP/2, asked of grpc-java and of our own engine. */
class Http2ReadinessTest {
  private static final EventLoopGroup LOOPS = EventLoops.create("program", 1);

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
          return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  @AfterAll
  static void stopLoops() {
    LOOPS.shutdownGracefully();
  }

  /** A gRPC server that answers each Check with a status: 1 = SERVING, 2 = NOT_SERVING. */
  private static Server health(Function<String, Integer> statusByService) throws IOException {
    MethodDescriptor<byte[], byte[]> check =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("grpc.health.v1.Health/Check")
            .setRequestMarshaller(BYTES)
            .setResponseMarshaller(BYTES)
            .build();
    return Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
        .addService(
            ServerServiceDefinition.builder("grpc.health.v1.Health")
                .addMethod(
                    check,
                    ServerCalls.asyncUnaryCall((request, observer) -> {
                      String service =
                          request.length == 0
                              ? ""
                              : new String(request, 2, request.length - 2, StandardCharsets.UTF_8);
                      observer.onNext(new byte[] {8, statusByService.apply(service).byteValue()});
                      observer.onCompleted();
                    }))
                .build())
        .build()
        .start();
  }

  @ParameterizedTest
  @CsvSource({"'', true", "ready, true", "other, false"})
  void asksAGrpcServerForItsHealth(String service, boolean ready) throws Exception {
    Server server = health(asked -> asked.equals(service) && !service.equals("other") ? 1 : 2);
    try (Pod pod =
            new Pod(new Address("127.0.0.1", server.getPort()))
                .with(
                    "SERVING_READINESS_PROBE",
                    """
                    {"grpc":{"port":8080,"service":"%s"},"periodSeconds":1,"timeoutSeconds":5}\
                    """
                        .formatted(service));
        QueueProxyHandle queueProxy = pod.attach()) {
      assertThat(queueProxy.ready().toCompletableFuture().join()).isEqualTo(ready);
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  @Test
  void aProgramWithoutTheHealthServiceIsNotReady() throws Exception {
    Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create()).build();
    server.start();
    try (Pod pod =
            new Pod(new Address("127.0.0.1", server.getPort()))
                .with(
                    "SERVING_READINESS_PROBE",
                    "{\"grpc\":{\"port\":8080},\"periodSeconds\":1,\"timeoutSeconds\":5}");
        QueueProxyHandle queueProxy = pod.attach()) {
      assertThat(queueProxy.ready().toCompletableFuture().join()).isFalse();
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "200, 200, true, HTTP/2.0 -;HTTP/2.0 yes",
    "503, 200, true, HTTP/2.0 -;HTTP/1.1 yes",
    "200, 503, true, HTTP/2.0 -;HTTP/2.0 yes",
    "503, 503, false, HTTP/2.0 -;HTTP/1.1 yes"
  })
  void triesHttp2WithoutTheProbesHeadersBeforeHttp1(
      int byHttp2, int byHttp1, boolean ready, String asked) throws IOException {
    Queue<String> questions = new ConcurrentLinkedQueue<>();
    try (ProxyEngine engine = new ProxyEngine(LOOPS, System::nanoTime);
        Listener program =
            engine.listen(
                "127.0.0.1",
                0,
                List.of(exchange -> {
                  questions.add(exchange.version() + " " + header(exchange));
                  boolean http2 = exchange.version().majorVersion() == 2;
                  exchange.answer(Answer.empty(http2 ? byHttp2 : byHttp1));
                }));
        Pod pod =
            new Pod(program.address())
                .with("ENABLE_HTTP2_AUTO_DETECTION", "true")
                .with(
                    "SERVING_READINESS_PROBE",
                    """
                    {"httpGet":{"path":"/","port":8080,"host":"127.0.0.1",
                     "httpHeaders":[{"name":"X-Probe","value":"yes"}]},
                     "periodSeconds":1,"timeoutSeconds":5}\
                    """);
        QueueProxyHandle queueProxy = pod.attach()) {
      assertThat(queueProxy.ready().toCompletableFuture().join()).isEqualTo(ready);
      assertThat(String.join(";", questions)).startsWith(asked);
    }
  }

  private static String header(Exchange exchange) {
    String value = exchange.headers().get("X-Probe");
    return value == null ? "-" : value;
  }
}
