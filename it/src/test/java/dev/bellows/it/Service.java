package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A Knative Service that a scenario uses. */
record Service(String name, String image, String templateAnnotations) {
  /** A service of one image, with annotations of its revision template such as {@code a: "b"}. */
  static Service of(String name, String image, String... annotations) {
    StringBuilder lines = new StringBuilder();
    for (String annotation : annotations) {
      lines.append("        autoscaling.knative.dev/").append(annotation).append('\n');
    }
    return new Service(name, image, lines.toString());
  }

  String host() {
    return name + ".default.example.com";
  }

  String deployment() {
    return name + "-00001-deployment";
  }

  String manifest() {
    return """
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata:
      name: %s
    spec:
      template:
        metadata:
          annotations:
            bellows.dev/test: "yes"
    %s    spec:
          containers:
            - image: %s
    """
        .formatted(name, templateAnnotations, image);
  }

  Command.Result apply(BellowsProcess bellows, Path directory) throws IOException {
    Path file = directory.resolve(name + ".yaml");
    Files.writeString(file, manifest());
    return bellows.bellows("apply", "-f", file.toString());
  }

  /** Applies it and returns once it is Ready. */
  void applyAndAwaitReady(BellowsProcess bellows, Path directory) throws IOException {
    apply(bellows, directory).succeeded();
    bellows.bellows("wait", "ksvc/" + name).succeeded();
  }

  /** Returns once no pod of it is left. */
  void awaitNoPods(BellowsProcess bellows) {
    Awaitility.await()
        .atMost(120, TimeUnit.SECONDS)
        .pollInterval(250, TimeUnit.MILLISECONDS)
        .untilAsserted(() ->
            assertThat(
                    bellows
                        .kubectl(
                            "get",
                            "pods",
                            "-l",
                            "serving.knative.dev/service=" + name,
                            "-o",
                            "name")
                        .succeeded()
                        .output())
                .isBlank());
  }
}
