package dev.bellows.dataplane.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.Ingress.HttpOption;
import dev.bellows.core.route.Ingress.Path;
import dev.bellows.core.route.Ingress.Rule;
import dev.bellows.core.route.Ingress.Split;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort;
import dev.bellows.dataplane.activator.Activator;
import dev.bellows.dataplane.activator.ActivatorConfigs;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.queueproxy.QueueProxyConfig;
import dev.bellows.dataplane.queueproxy.QueueProxyHandle;
import dev.bellows.dataplane.queueproxy.SharedQueueProxy;
import dev.bellows.dataplane.raw.Leaks;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.stats.StatServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * grpc-java's client and server, with gateway, activator and queue-proxy between them: the four
 * kinds of calls, and their ends.
 */
class GrpcTest {
  private static final RevisionId ID = new RevisionId("default", "talk-00001");
  private static final ServiceId SERVICE = new ServiceId("default", "talk-00001");
  private static final Metadata.Key<String> TRAILER =
      Metadata.Key.of("x-trailer", Metadata.ASCII_STRING_MARSHALLER);
  private static final int LONG = 1 << 20;

  private static final MethodDescriptor<String, String> UNARY = method("Unary", MethodType.UNARY);
  private static final MethodDescriptor<String, String> COUNT =
      method("Count", MethodType.SERVER_STREAMING);
  private static final MethodDescriptor<String, String> JOIN =
      method("Join", MethodType.CLIENT_STREAMING);
  private static final MethodDescriptor<String, String> TALK =
      method("Talk", MethodType.BIDI_STREAMING);

  private static MethodDescriptor<String, String> method(String name, MethodType type) {
    return MethodDescriptor.<String, String>newBuilder(new Text(), new Text())
        .setFullMethodName("test.Talk/" + name)
        .setType(type)
        .build();
  }

  /** Messages are plain text, so that nothing is generated. */
  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(UTF_8));
    }

    @Override
    public String parse(InputStream octets) {
      try {
        return new String(octets.readAllBytes(), UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** What the program does: gives back, counts, joins, talks; fails and waits when told to. */
  private ServerServiceDefinition program() {
    return ServerServiceDefinition.builder("test.Talk")
        .addMethod(
            UNARY,
            ServerCalls.asyncUnaryCall((asked, answers) -> {
              switch (asked) {
                case "fail" -> {
                  Metadata trailers = new Metadata();
                  trailers.put(TRAILER, "told");
                  answers.onError(
                      Status.FAILED_PRECONDITION
                          .withDescription("not today")
                          .asRuntimeException(trailers));
                }
                case "wait" -> {
                  Context.current().addListener(_ -> cancelled.countDown(), Runnable::run);
                  waiting.countDown();
                }
                default -> {
                  answers.onNext("re: " + asked);
                  answers.onCompleted();
                }
              }
            }))
        .addMethod(
            COUNT,
            ServerCalls.asyncServerStreamingCall((asked, answers) -> {
              ServerCallStreamObserver<String> call = (ServerCallStreamObserver<String>) answers;
              if (asked.equals("for ever")) {
                call.setOnCancelHandler(cancelled::countDown);
                answers.onNext("1");
                return;
              }
              IntStream.rangeClosed(1, Integer.parseInt(asked))
                  .forEach(i -> answers.onNext(String.valueOf(i)));
              answers.onCompleted();
            }))
        .addMethod(
            JOIN,
            ServerCalls.asyncClientStreamingCall(answers -> {
              StringBuilder joined = new StringBuilder();
              return observer(
                  joined::append,
                  () -> {
                    answers.onNext(joined.toString());
                    answers.onCompleted();
                  });
            }))
        .addMethod(
            TALK,
            ServerCalls.asyncBidiStreamingCall(answers ->
                observer(
                    said -> {
                      if (said.equals("bye")) {
                        answers.onError(
                            Status.ABORTED.withDescription("hung up").asRuntimeException());
                      } else {
                        answers.onNext("re: " + said);
                      }
                    },
                    answers::onCompleted)))
        .build();
  }

  /** Keeps what the program is asked with. */
  private final class Recording implements ServerInterceptor {
    @Override
    public <A, B> ServerCall.Listener<A> interceptCall(
        ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
      authority.set(call.getAuthority());
      asked.set(headers);
      return next.startCall(call, headers);
    }
  }

  private StreamObserver<String> observer(Consumer<String> onNext, Runnable onCompleted) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String value) {
        onNext.accept(value);
      }

      @Override
      public void onError(Throwable broken) {
        cancelled.countDown();
      }

      @Override
      public void onCompleted() {
        onCompleted.run();
      }
    };
  }

  private final AtomicReference<String> authority = new AtomicReference<>();
  private final AtomicReference<Metadata> asked = new AtomicReference<>();
  private final CountDownLatch waiting = new CountDownLatch(1);
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private final EventLoopGroup loops = EventLoops.create("grpc", 2);
  private final ProxyEngine engine = new ProxyEngine(loops, System::nanoTime);
  private final List<AutoCloseable> opened = new ArrayList<>();
  private Server server;
  private QueueProxyHandle pod;
  private Listener front;
  private ManagedChannel client;

  @BeforeEach
  void start() throws Exception {
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(ServerInterceptors.intercept(program(), new Recording()))
            .build()
            .start();
    pod =
        new SharedQueueProxy(engine, new Prober(loops), System::nanoTime, (_, _) -> {})
            .attach(
                QueueProxyConfig.fromEnvironment(environment())
                    .forwardingTo(new Address("127.0.0.1", server.getPort())));
    StatServer autoscaler =
        StatServer.start(loops, "127.0.0.1", 0, _ -> true, InstantSource.system(), _ -> {});
    opened.add(autoscaler);
    StatClient stats =
        StatClient.connect(loops, URI.create("ws://" + autoscaler.address()), new Random(1));
    opened.add(stats);
    Activator activator =
        Activator.start(
            engine, ActivatorConfigs.onLoopback("127.0.0.1"), stats, System::nanoTime, Random::new);
    opened.add(activator);
    Gateway gateway = new Gateway(System::nanoTime);
    front = gateway.listen(engine, "127.0.0.1", 0, Set.of(Visibility.EXTERNAL_IP));
    activator.revisions().onRevision(revision());
    activator
        .revisions()
        .onPrivateEndpoints(ID, new Endpoints(List.of(pod.serving()), List.of()), Optional.empty());
    gateway.routes().onIngress(ingress());
    gateway
        .routes()
        .onService(
            SERVICE,
            Map.of(
                "81",
                new ServicePort(
                    Protocol.H2C, new Endpoints(List.of(activator.address()), List.of()))));
    client =
        Grpc.newChannelBuilder(front.address().toString(), InsecureChannelCredentials.create())
            .build();
  }

  @AfterEach
  void stop() throws Exception {
    client.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    pod.close();
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
    engine.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    Leaks.assertNone();
  }

  private String unary(Channel by, String text) {
    return ClientCalls.blockingUnaryCall(
        by, UNARY, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), text);
  }

  @Test
  void answersAUnaryCall() {
    assertThat(unary(client, "hello")).isEqualTo("re: hello");
    String text = "x".repeat(LONG);
    assertThat(unary(client, text)).isEqualTo("re: " + text);
  }

  @Test
  void passesStatusMessageAndTrailersOn() {
    assertThatThrownBy(() -> unary(client, "fail"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            failure -> {
              assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
              assertThat(failure.getStatus().getDescription()).isEqualTo("not today");
              assertThat(failure.getTrailers().get(TRAILER)).isEqualTo("told");
            });
  }

  @Test
  void streamsFromTheServer() {
    Iterator<String> counted =
        ClientCalls.blockingServerStreamingCall(client, COUNT, CallOptions.DEFAULT, "10000");
    for (int i = 1; i <= 10_000; i++) {
      assertThat(counted.next()).isEqualTo(String.valueOf(i));
    }
    assertThat(counted.hasNext()).isFalse();
  }

  @Test
  void streamsFromTheClient() {
    CompletableFuture<String> joined = new CompletableFuture<>();
    StreamObserver<String> call =
        ClientCalls.asyncClientStreamingCall(
            client.newCall(JOIN, CallOptions.DEFAULT), completing(joined));
    IntStream.range(0, 1000).forEach(i -> call.onNext(i + ","));
    call.onCompleted();
    assertThat(joined.orTimeout(20, TimeUnit.SECONDS).join())
        .startsWith("0,1,2,")
        .endsWith(",998,999,");
  }

  @Test
  void talksBothWaysAtOnce() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    StreamObserver<String> call =
        ClientCalls.asyncBidiStreamingCall(
            client.newCall(TALK, CallOptions.DEFAULT),
            observer(heard::add, () -> heard.add("[end]")));
    for (String said : List.of("a", "b", "c")) {
      call.onNext(said);
      assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("re: " + said);
    }
    call.onCompleted();
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("[end]");
  }

  @Test
  void endsATalkThatTheServerEnds() {
    CompletableFuture<String> end = new CompletableFuture<>();
    StreamObserver<String> call =
        ClientCalls.asyncBidiStreamingCall(
            client.newCall(TALK, CallOptions.DEFAULT), completing(end));
    call.onNext("bye");
    assertThatThrownBy(() -> end.orTimeout(20, TimeUnit.SECONDS).join())
        .hasRootCauseMessage("ABORTED: hung up");
  }

  @Test
  void tellsTheServerThatTheClientHasCancelled() throws Exception {
    Context.CancellableContext context = Context.current().withCancellation();
    AtomicReference<Iterator<String>> counted = new AtomicReference<>();
    context.run(() ->
        counted.set(
            ClientCalls.blockingServerStreamingCall(
                client, COUNT, CallOptions.DEFAULT, "for ever")));
    assertThat(counted.get().next()).isEqualTo("1");
    assertThat(pod.inFlight()).isEqualTo(1);
    context.cancel(null);
    assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
    await().until(() -> pod.inFlight() == 0);
  }

  @Test
  void tellsTheServerThatADeadlineHasPassed() throws Exception {
    assertThatThrownBy(() ->
            ClientCalls.blockingUnaryCall(
                client,
                UNARY,
                CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.MILLISECONDS),
                "wait"))
        .hasMessageStartingWith("DEADLINE_EXCEEDED");
    assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void tellsTheClientThatTheServerIsGone() throws Exception {
    CompletableFuture<String> end = new CompletableFuture<>();
    ClientCalls.asyncUnaryCall(client.newCall(UNARY, CallOptions.DEFAULT), "wait", completing(end));
    waiting.await();
    server.shutdownNow();
    assertThatThrownBy(() -> end.orTimeout(20, TimeUnit.SECONDS).join())
        .hasRootCauseInstanceOf(StatusRuntimeException.class)
        .rootCause()
        .hasMessageStartingWith("UNAVAILABLE");
  }

  @Test
  void carriesManyCallsAtATime() {
    List<CompletableFuture<String>> answers =
        IntStream.range(0, 500)
            .mapToObj(i -> {
              CompletableFuture<String> answer = new CompletableFuture<>();
              ClientCalls.asyncUnaryCall(
                  client.newCall(UNARY, CallOptions.DEFAULT), "call " + i, completing(answer));
              return answer;
            })
            .toList();
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo("re: call " + i);
    }
  }

  @Test
  void finishesCallsWhileTheGatewayDrainsAndTakesNoOthers() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    StreamObserver<String> call =
        ClientCalls.asyncBidiStreamingCall(
            client.newCall(TALK, CallOptions.DEFAULT),
            observer(heard::add, () -> heard.add("[end]")));
    call.onNext("before");
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("re: before");
    CompletableFuture<Void> drained = front.drain().toCompletableFuture();
    call.onNext("after");
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("re: after");
    assertThat(drained).isNotDone();
    call.onCompleted();
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("[end]");
    drained.get(20, TimeUnit.SECONDS);
  }

  @Test
  void bringsTheProgramTheClientsHostAndHeaders() {
    Metadata.Key<String> name = Metadata.Key.of("x-asked", Metadata.ASCII_STRING_MARSHALLER);
    Metadata headers = new Metadata();
    headers.put(name, "yes");
    assertThat(
            ClientCalls.blockingUnaryCall(
                ClientInterceptors.intercept(
                    client, MetadataUtils.newAttachHeadersInterceptor(headers)),
                UNARY,
                CallOptions.DEFAULT,
                "hello"))
        .isEqualTo("re: hello");
    assertThat(authority).hasValue(front.address().toString());
    assertThat(asked.get().get(name)).isEqualTo("yes");
    assertThat(asked.get().get(Metadata.Key.of("forwarded", Metadata.ASCII_STRING_MARSHALLER)))
        .startsWith("for=127.0.0.1");
  }

  private static StreamObserver<String> completing(CompletableFuture<String> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String value) {
        answer.complete(value);
      }

      @Override
      public void onError(Throwable failure) {
        answer.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {
        // The answer has come before.
      }
    };
  }

  private static Map<String, String> environment() {
    return Map.ofEntries(
        Map.entry("CONTAINER_CONCURRENCY", "0"),
        Map.entry("QUEUE_SERVING_PORT", "8013"),
        Map.entry("QUEUE_SERVING_TLS_PORT", "8112"),
        Map.entry("USER_PORT", "8080"),
        Map.entry("REVISION_TIMEOUT_SECONDS", "300"),
        Map.entry("SERVING_NAMESPACE", ID.namespace()),
        Map.entry("SERVING_REVISION", ID.name()),
        Map.entry("SERVING_CONFIGURATION", "talk"),
        Map.entry("SERVING_POD", "talk-00001-deployment-abc"),
        Map.entry("SERVING_POD_IP", "127.0.0.1"),
        Map.entry("SERVING_LOGGING_CONFIG", ""),
        Map.entry("SERVING_LOGGING_LEVEL", ""));
  }

  private static Ingress ingress() {
    Split split =
        new Split(
            SERVICE,
            "81",
            100,
            Map.of(
                "Knative-Serving-Revision", ID.name(),
                "Knative-Serving-Namespace", ID.namespace()));
    Path path = new Path("", Map.of(), "", Map.of(), List.of(split));
    return new Ingress(
        "default",
        "talk",
        1,
        HttpOption.ENABLED,
        List.of(),
        List.of(new Rule(List.of("127.0.0.1"), Visibility.EXTERNAL_IP, List.of(path))));
  }

  private static Revision revision() {
    return new Revision(
        ID,
        "talk",
        "talk",
        Protocol.H2C,
        0,
        Duration.ofMinutes(5),
        Duration.ZERO,
        Duration.ZERO,
        false,
        false);
  }
}
