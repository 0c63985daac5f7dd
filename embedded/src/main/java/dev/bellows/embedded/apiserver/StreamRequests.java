package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.Stdio;
import dev.bellows.embedded.stream.StreamConnection;
import dev.bellows.embedded.stream.StreamUpgrade;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code pods/NAME/exec}, {@code attach} and {@code portforward}. What can be refused is
 * refused in HTTP; what goes wrong after that is told in the stream for errors.
 */
final class StreamRequests {
  private static final Logger LOG = LoggerFactory.getLogger(StreamRequests.class);

  private final Registry registry;
  private final Supplier<RunningPods> pods;

  StreamRequests(Registry registry, Supplier<RunningPods> pods) {
    this.registry = registry;
    this.pods = pods;
  }

  /** Whether a request will keep its connection. */
  static boolean isOne(ApiRequest request) {
    return !request.header("upgrade").isEmpty() && !request.flag("watch");
  }

  void handle(ApiPath path, ApiRequest request) {
    if (!request.method().equals("GET") && !request.method().equals("POST")) {
      throw ApiException.methodNotAllowed();
    }
    ObjectNode pod = registry.get(ResourceTypes.PODS, path.namespace(), path.name());
    if (pod.path("spec").path("nodeName").asText("").isEmpty()) {
      throw ApiException.badRequest("pod " + path.name() + " does not have a host assigned");
    }
    try {
      switch (path.subresource()) {
        case "exec" -> exec(pod, request);
        case "attach" -> attach(pod, request);
        default -> forward(pod, request);
      }
    } catch (IOException e) {
      LOG.debug("{} of pod {} has lost its client", path.subresource(), path.name(), e);
    }
  }

  /** How a client gets hold of a program. */
  private interface Hold {
    Attachment take() throws ContainerStartException;
  }

  private void exec(ObjectNode pod, ApiRequest request) throws IOException {
    List<String> command = request.query().getOrDefault("command", List.of());
    if (command.isEmpty()) {
      throw ApiException.badRequest("you must specify at least one command for the container");
    }
    CommandStreams.Wanted wanted = CommandStreams.Wanted.of(request);
    Container container = running(pod, request);
    Stdio stdio = wanted.tty() ? Stdio.TERMINAL : wanted.stdin() ? Stdio.PIPES : Stdio.OUTPUT_ONLY;
    serve(request, wanted, true, () -> container.exec(command, stdio), StreamRequests::ended);
  }

  private void attach(ObjectNode pod, ApiRequest request) throws IOException {
    CommandStreams.Wanted wanted = CommandStreams.Wanted.of(request);
    Container container = running(pod, request);
    String name = ContainerChoice.of(pod, request.parameter("container"));
    boolean once = false;
    for (var definition : pod.path("spec").path("containers")) {
      once |=
          definition.path("name").asText().equals(name) && definition.path("stdinOnce").asBoolean();
    }
    // How the program ended is the pod's to tell, not the connection's.
    serve(request, wanted, once, container::attach, exit -> success());
  }

  private Container running(ObjectNode pod, ApiRequest request) {
    String name = ContainerChoice.of(pod, request.parameter("container"));
    return pods.get()
        .container(pod, name)
        .orElseThrow(() -> ApiException.internal("container not found (\"" + name + "\")"));
  }

  private static void serve(
      ApiRequest request,
      CommandStreams.Wanted wanted,
      boolean endsInput,
      Hold hold,
      Function<ExitStatus, ObjectNode> ends)
      throws IOException {
    try (StreamConnection connection = request.answer().streams(StreamUpgrade.Purpose.COMMAND)) {
      CommandStreams streams = CommandStreams.collect(connection, wanted);
      Optional<TerminalSizes> sizes =
          streams.find("resize").map(stream -> TerminalSizes.of(stream.input()));
      sizes.ifPresent(TerminalSizes::awaitFirst);
      Attachment attachment;
      try {
        attachment = hold.take();
      } catch (ContainerStartException e) {
        streams.tell(
            ApiException.internal(
                    "error executing command in container: " + String.valueOf(e.getMessage()))
                .status());
        return;
      }
      try (attachment) {
        sizes.ifPresent(each -> each.tell(attachment));
        CompletableFuture<Void> gone = new CompletableFuture<>();
        connection
            .peer()
            .onLeaving(() -> {
              gone.complete(null);
              Thread.ofVirtual().name("let-go").start(attachment::close);
            });
        ExitStatus exit = new CommandSession(streams, attachment, endsInput).run(gone);
        streams.tell(ends.apply(exit));
      }
    }
  }

  private static ObjectNode success() {
    ObjectNode status = Json.object();
    status.putObject("metadata");
    return status.put("status", "Success");
  }

  /** As clients parse it (k8s.io/apimachinery, NonZeroExitCodeReason). */
  private static ObjectNode ended(ExitStatus exit) {
    if (exit.code() == 0) {
      return success();
    }
    ObjectNode status = Json.object();
    status.putObject("metadata");
    status.put("status", "Failure");
    status.put("message", "command terminated with non-zero exit code: exit status " + exit.code());
    status.put("reason", "NonZeroExitCode");
    ObjectNode cause = status.putObject("details").putArray("causes").addObject();
    cause.put("reason", "ExitCode").put("message", Integer.toString(exit.code()));
    return status;
  }

  private void forward(ObjectNode pod, ApiRequest request) throws IOException {
    String name = pod.path("metadata").path("name").asText();
    String phase = pod.path("status").path("phase").asText();
    if (!phase.equals("Running")) {
      throw ApiException.badRequest(
          "unable to forward port because pod is not running. Current status=" + phase);
    }
    try (StreamConnection connection =
        request.answer().streams(StreamUpgrade.Purpose.PORT_FORWARD)) {
      new PortForwards(
              connection,
              port ->
                  pods.get()
                      .port(pod, port)
                      .orElseThrow(() -> new IOException("pod " + name + " does not run any more")))
          .run();
    }
  }
}
