package dev.bellows.it.programs;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A gRPC server at {@code PORT}: every ping is answered with its text, {@code TARGET} and the pod's
 * name. It answers health checks (grpc.health.v1), too, as serving.
 */
public final class GrpcPing {
  /** One text for another. */
  public static final MethodDescriptor<String, String> PING =
      method("test.Ping/Ping", MethodType.UNARY, new Text());

  /** A text for each. */
  public static final MethodDescriptor<String, String> STREAM =
      method("test.Ping/Stream", MethodType.BIDI_STREAMING, new Text());

  private static final MethodDescriptor<byte[], byte[]> CHECK =
      method("grpc.health.v1.Health/Check", MethodType.UNARY, new Bytes());

  /** A HealthCheckResponse of status SERVING. */
  private static final byte[] SERVING = {8, 1};

  private GrpcPing() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> environment = System.getenv();
    String tail =
        " %s %s"
            .formatted(
                environment.getOrDefault("TARGET", ""), environment.getOrDefault("HOSTNAME", ""));
    Grpc.newServerBuilderForPort(
            Integer.parseInt(environment.getOrDefault("PORT", "0")),
            InsecureServerCredentials.create())
        .addService(
            ServerServiceDefinition.builder("test.Ping")
                .addMethod(
                    PING,
                    ServerCalls.asyncUnaryCall((asked, answers) -> {
                      answers.onNext(asked + tail);
                      answers.onCompleted();
                    }))
                .addMethod(
                    STREAM, ServerCalls.asyncBidiStreamingCall(answers -> echo(answers, tail)))
                .build())
        .addService(
            ServerServiceDefinition.builder("grpc.health.v1.Health")
                .addMethod(
                    CHECK,
                    ServerCalls.asyncUnaryCall((asked, answers) -> {
                      answers.onNext(SERVING);
                      answers.onCompleted();
                    }))
                .build())
        .build()
        .start()
        .awaitTermination();
  }

  private static StreamObserver<String> echo(StreamObserver<String> answers, String tail) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String asked) {
        answers.onNext(asked + tail);
      }

      @Override
      public void onError(Throwable broken) {
        // The client has left.
      }

      @Override
      public void onCompleted() {
        answers.onCompleted();
      }
    };
  }

  private static <T> MethodDescriptor<T, T> method(
      String name, MethodType type, MethodDescriptor.Marshaller<T> marshaller) {
    return MethodDescriptor.newBuilder(marshaller, marshaller)
        .setFullMethodName(name)
        .setType(type)
        .build();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream octets) {
      try {
        return octets.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Messages are plain text, so that nothing is generated. */
  private static final class Text implements MethodDescriptor.Marshaller<String> {
    private final Bytes bytes = new Bytes();

    @Override
    public InputStream stream(String value) {
      return bytes.stream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream octets) {
      return new String(bytes.parse(octets), StandardCharsets.UTF_8);
    }
  }
}
