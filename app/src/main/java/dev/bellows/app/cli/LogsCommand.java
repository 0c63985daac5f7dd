package dev.bellows.app.cli;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bellows logs}: what the pods of a service, or one pod, have printed. */
@Command(
    name = "logs",
    description = "Print what a service's pods (or one pod) have printed.",
    mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {
  private static final String USER_CONTAINER = "user-container";
  private static final String SERVICE_LABEL = "serving.knative.dev/service";

  @Mixin private DataDirectory dataDirectory = new DataDirectory();

  @Parameters(paramLabel = "NAME", description = "a Service's or a pod's name")
  private String name = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "namespace (default: default)")
  private String namespace = "default";

  @Option(
      names = {"-f", "--follow"},
      description = "go on printing until interrupted")
  private boolean follow;

  @Option(
      names = {"-c", "--container"},
      paramLabel = "CONTAINER",
      description =
          "container (default: user-container, or the pod's only one if it has none of that name)")
  private Optional<String> container = Optional.empty();

  @Override
  public Integer call() {
    try (ClusterAccess cluster = ClusterAccess.open(dataDirectory)) {
      KubernetesClient client = cluster.client();
      List<Pod> pods =
          client.pods().inNamespace(namespace).withLabel(SERVICE_LABEL, name).list().getItems();
      if (pods.isEmpty()) {
        Pod pod = client.pods().inNamespace(namespace).withName(name).get();
        if (pod == null) {
          throw new UserError(
              "no pod of a service \"" + name + "\" runs now, and no pod has that name");
        }
        pods = List.of(pod);
      }
      boolean prefix = pods.size() > 1;
      try (ExecutorService printers = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> prints = new ArrayList<>();
        for (Pod pod : pods) {
          String podName = pod.getMetadata().getName();
          String from = container.orElseGet(() -> usualContainer(pod));
          prints.add(
              printers.submit(
                  () -> print(client, podName, from, prefix ? "[" + podName + "] " : "")));
        }
        for (Future<?> print : prints) {
          print.get();
        }
      }
    } catch (KubernetesClientException e) {
      throw explained(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KubernetesClientException refused) {
        throw explained(refused);
      }
      throw new IllegalStateException("printing logs of " + name, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  private UserError explained(KubernetesClientException error) {
    if (error.getCode() <= 0) { // no HTTP status: nobody answered
      return UserError.notRunning(error, dataDirectory.up());
    }
    Status status = error.getStatus();
    String said = status == null ? null : status.getMessage();
    return new UserError(said == null ? String.valueOf(error.getMessage()) : said);
  }

  private static String usualContainer(Pod pod) {
    List<String> names = pod.getSpec().getContainers().stream().map(Container::getName).toList();
    if (names.contains(USER_CONTAINER)) {
      return USER_CONTAINER;
    }
    if (names.size() == 1) {
      return names.getFirst();
    }
    throw new UserError(
        "pod \""
            + pod.getMetadata().getName()
            + "\" has several containers, name one with -c: "
            + String.join(", ", names));
  }

  private void print(KubernetesClient client, String pod, String container, String prefix) {
    var log = client.pods().inNamespace(namespace).withName(pod).inContainer(container);
    if (!follow) {
      log.getLog().lines().forEach(line -> System.out.println(prefix + line));
      return;
    }
    // Asked first: what the API says when it refuses to follow would be handed out as the log.
    String _ = log.tailingLines(0).getLog();
    try (LogWatch watch = log.watchLog();
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(watch.getOutput(), StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) {
        System.out.println(prefix + line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("following the log of " + pod, e);
    }
  }
}
