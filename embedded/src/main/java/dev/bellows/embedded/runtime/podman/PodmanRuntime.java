package dev.bellows.embedded.runtime.podman;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.bellows.embedded.image.ImageUnavailableException;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerRuntime;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.Executable;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.ImageStore;
import dev.bellows.embedded.runtime.Isolation;
import dev.bellows.embedded.runtime.Mount;
import dev.bellows.embedded.runtime.Powers;
import dev.bellows.embedded.store.DataFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs images by podman, and programs of this machine as before.
 *
 * <p>A container is started detached and removes itself; podman's own monitor writes its output, in
 * the CRI's format, where the kubelet reads it. Ends are heard from one stream of podman's events.
 * Every container carries a label of this runtime: what an earlier run left is found by it when the
 * directory is opened again.
 */
public final class PodmanRuntime implements ContainerRuntime, ImageStore {
  private static final Logger LOG = LoggerFactory.getLogger(PodmanRuntime.class);

  private static final String LABEL = "bellows.dev/runtime";

  /** How large a log may become; podman then begins it anew. */
  private static final String MAX_LOG = "10mb";

  /** What fetching an image may take. */
  private static final Duration PULL_LIMIT = Duration.ofMinutes(10);

  /** How long {@link #close} waits for removed containers. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  /** How long to wait before the events are asked for again. */
  private static final Duration EVENTS_PAUSE = Duration.ofSeconds(1);

  /** Podman lowers its own number of processes to this, and raises its files to that. */
  private static final long PODMAN_PROCESSES = 32_768;

  private static final long PODMAN_FILES = 1_048_576;

  // A line of /proc/self/limits: name, soft limit, hard limit, unit.
  private static final Pattern LIMIT =
      Pattern.compile("^Max (open files|processes) +(\\S+) +(\\S+) ", Pattern.MULTILINE);

  private final Podman podman = new Podman();
  private final ContainerRuntime programs;
  private final Clock clock;
  private final String runtimeId;
  private final String version;
  private final List<String> ulimits;
  private final Instant opened;
  private final Map<String, CompletableFuture<ExitStatus>> running = new ConcurrentHashMap<>();
  private volatile boolean closed;
  private volatile @Nullable Process events;

  /**
   * Opens the runtime on its directory and ends what an earlier one left running.
   *
   * @param directory for the runtime's own records; created if absent
   * @param programs runs what is a program of this machine; closed with this runtime
   * @throws IOException if podman cannot be run; the message says why
   */
  public PodmanRuntime(Path directory, ContainerRuntime programs, Clock clock) throws IOException {
    this.programs = programs;
    this.clock = clock;
    DataFiles.ownerOnlyDirectory(directory);
    Path identity = directory.resolve("podman-id");
    if (!Files.exists(identity)) {
      Files.writeString(identity, UUID.randomUUID().toString());
    }
    runtimeId = Files.readString(identity).strip();
    Podman.Result found;
    try {
      found = podman.run("version", "--format", "{{.Client.Version}}");
    } catch (IOException e) {
      throw new IOException("--runtime podman: podman cannot be run: " + e.getMessage(), e);
    }
    if (!found.succeeded()) {
      throw new IOException("--runtime podman: podman does not work: " + found.lastLine());
    }
    version = found.lastLine();
    ulimits = ulimits();
    opened = clock.instant();
    removeAll();
    Thread.ofPlatform().name("podman-events").daemon().start(this::followEvents);
  }

  // Podman would raise these limits as far as it thinks fit, which not everybody who may be root in
  // a sandbox is allowed to; containers get what we have, as far as podman leaves it to itself.
  private static List<String> ulimits() throws IOException {
    List<String> words = new ArrayList<>();
    Matcher limits = LIMIT.matcher(Files.readString(Path.of("/proc/self/limits")));
    while (limits.find()) {
      boolean processes = limits.group(1).equals("processes");
      long most = processes ? PODMAN_PROCESSES : PODMAN_FILES;
      words.add("--ulimit");
      words.add(
          (processes ? "nproc=" : "nofile=")
              + atMost(limits.group(2), most)
              + ":"
              + atMost(limits.group(3), most));
    }
    return words;
  }

  private static long atMost(String limit, long most) {
    return limit.equals("unlimited") ? most : Math.min(most, Long.parseLong(limit));
  }

  @Override
  public String version() {
    return "podman://" + version;
  }

  @Override
  public int uid() {
    return programs.uid();
  }

  @Override
  public Powers powers() {
    return programs.powers();
  }

  @Override
  public void mountMemory(Path directory, OptionalLong limitBytes) throws IOException {
    programs.mountMemory(directory, limitBytes);
  }

  @Override
  public void unmountBelow(Path directory) throws IOException {
    programs.unmountBelow(directory);
  }

  @Override
  public Optional<ImageStore> images() {
    return Optional.of(this);
  }

  /** A name with a registry in it may be fetched; whether it can be, pulling will tell. */
  @Override
  public boolean mayHave(String image) {
    int slash = image.indexOf('/');
    String first = slash < 0 ? "" : image.substring(0, slash);
    // dev.local, ko.local and their like are where images are that no registry has.
    boolean local = first.startsWith("localhost") || first.endsWith(".local");
    boolean remote = (first.contains(".") || first.contains(":")) && !local;
    return remote || exists(image);
  }

  private boolean exists(String image) {
    try {
      return podman.run("image", "exists", "--", image).succeeded();
    } catch (IOException e) {
      LOG.warn("whether image {} is there cannot be told: {}", image, e.getMessage());
      return false;
    }
  }

  @Override
  public void require(String image, PullPolicy policy) throws ImageUnavailableException {
    boolean there = exists(image);
    if (there && (policy != PullPolicy.ALWAYS || image.startsWith("localhost/"))) {
      return;
    }
    String why;
    IOException cause = null;
    if (policy == PullPolicy.NEVER) {
      why = "it is not there, and its imagePullPolicy is Never";
    } else {
      try {
        Podman.Result pulled = podman.run(List.of("pull", "-q", "--", image), PULL_LIMIT);
        if (pulled.succeeded()) {
          return;
        }
        why = "podman pull: " + pulled.lastLine();
      } catch (IOException e) {
        why = String.valueOf(e.getMessage());
        cause = e;
      }
      if (there) {
        LOG.info("image {} is used as it is: {}", image, why);
        return;
      }
    }
    throw new ImageUnavailableException(image, why, cause == null ? new IOException(why) : cause);
  }

  @Override
  public Container start(ContainerSpec spec) throws ContainerStartException {
    return switch (spec.executable()) {
      case Executable.Program _ -> programs.start(spec);
      case Executable.OfImage image -> start(spec, image);
    };
  }

  private Container start(ContainerSpec spec, Executable.OfImage image)
      throws ContainerStartException {
    String name = "bellows-" + spec.id().toString().replace('/', '-');
    CompletableFuture<ExitStatus> exit = new CompletableFuture<>();
    // Before it starts: its end may be told before its start is.
    running.put(name, exit);
    try {
      Files.createDirectories(spec.logFile().toAbsolutePath().getParent());
      Podman.Result started = podman.run(command(name, spec, image), Podman.PATIENCE);
      if (started.succeeded()) {
        return new PodmanContainer(
            podman, spec.stdio(), spec.id(), name, started.lastLine(), clock.instant(), exit);
      }
      running.remove(name);
      throw new ContainerStartException(started.lastLine());
    } catch (IOException e) {
      running.remove(name);
      remove(List.of(name));
      throw new ContainerStartException("podman run: " + e.getMessage(), e);
    }
  }

  private List<String> command(String name, ContainerSpec spec, Executable.OfImage image)
      throws IOException {
    List<String> words = new ArrayList<>(List.of("run", "--detach", "--rm", "--pull", "never"));
    words.addAll(List.of("--name", name, "--label", LABEL + "=" + runtimeId));
    words.addAll(List.of("--log-driver", "k8s-file", "--log-opt", "path=" + spec.logFile()));
    words.addAll(List.of("--log-opt", "max-size=" + MAX_LOG));
    words.addAll(ulimits);
    words.addAll(PodmanContainer.options(spec.stdio()));
    Isolation isolation = spec.isolation();
    words.add("--network");
    words.add(isolation.networkNamespace().map(path -> "ns:" + path).orElse("host"));
    spec.environment()
        .forEach((key, value) -> {
          words.add("--env");
          words.add(key + "=" + value);
        });
    spec.workingDirectory().ifPresent(path -> words.addAll(List.of("--workdir", path.toString())));
    isolation
        .identity()
        .ifPresent(identity -> {
          words.addAll(List.of("--user", identity.uid() + ":" + identity.gid()));
          identity.groups().forEach(group -> words.addAll(List.of("--group-add", "" + group)));
        });
    for (Mount mount : isolation.mounts()) {
      words.addAll(List.of("--mount", bind(mount)));
    }
    isolation
        .limits()
        .memoryBytes()
        .ifPresent(most -> words.addAll(List.of("--memory", most + "b")));
    isolation
        .limits()
        .cpuMillis()
        .ifPresent(most ->
            words.addAll(List.of("--cpus", most / 1000 + "." + "%03d".formatted(most % 1000))));
    isolation
        .limits()
        .processes()
        .ifPresent(most -> words.addAll(List.of("--pids-limit", "" + most)));
    if (!image.entryPoint().isEmpty()) {
      words.addAll(List.of("--entrypoint", jsonArray(image.entryPoint())));
    }
    words.add("--");
    words.add(image.name());
    words.addAll(image.arguments());
    return words;
  }

  /** One line of CSV, as podman reads it. */
  private static String bind(Mount mount) throws IOException {
    Path source = mount.source().toRealPath();
    Path shown = source.resolve(mount.subPath()).toRealPath();
    if (!shown.startsWith(source)) {
      throw new IOException("subPath " + mount.subPath() + " leads out of its volume");
    }
    return Stream.of(
            "type=bind", "source=" + shown, "target=" + mount.target(), "ro=" + mount.readOnly())
        .map(field -> '"' + field.replace("\"", "\"\"") + '"')
        .collect(Collectors.joining(","));
  }

  private static String jsonArray(List<String> words) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    words.forEach(array::add);
    return array.toString();
  }

  /** Hears of ends, and hears again of all when the stream has broken. */
  private void followEvents() {
    while (!closed) {
      try {
        Process stream =
            new ProcessBuilder(
                    Podman.words(
                        List.of(
                            "events",
                            "--stream",
                            "--since",
                            opened.toString(),
                            "--filter",
                            "label=" + LABEL + "=" + runtimeId,
                            "--filter",
                            "event=died",
                            "--format",
                            "{{.Name}} {{.ContainerExitCode}}")))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        events = stream;
        if (closed) {
          stream.destroyForcibly();
        }
        try (BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(stream.getInputStream(), StandardCharsets.UTF_8))) {
          for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            died(line);
          }
        }
        if (!closed) {
          LOG.warn("podman's events have ended; they are asked for again");
        }
      } catch (IOException e) {
        if (!closed) {
          LOG.warn("podman's events cannot be read: {}", e.getMessage());
        }
      }
      pause();
    }
  }

  private void pause() {
    try {
      if (!closed) {
        Thread.sleep(EVENTS_PAUSE);
      }
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  private void died(String line) {
    String[] parts = line.strip().split(" ", -1);
    if (parts.length != 2) {
      LOG.warn("podman tells of an end as '{}'", line);
      return;
    }
    CompletableFuture<ExitStatus> exit = running.remove(parts[0]);
    if (exit != null) {
      exit.complete(new ExitStatus(Integer.parseInt(parts[1])));
    }
  }

  /** Whatever carries our label, of this run or an earlier one. */
  private void removeAll() throws IOException {
    Podman.Result found =
        podman.run("ps", "--all", "--quiet", "--filter", "label=" + LABEL + "=" + runtimeId);
    if (!found.succeeded()) {
      throw new IOException("--runtime podman: podman ps: " + found.lastLine());
    }
    List<String> left = found.output().strip().lines().toList();
    if (!left.isEmpty()) {
      LOG.info("ending {} containers that an earlier run had left", left.size());
      remove(left);
    }
  }

  private void remove(List<String> names) {
    List<String> words = new ArrayList<>(List.of("rm", "--force", "--time", "0", "--ignore"));
    words.addAll(names);
    try {
      Podman.Result removed = podman.run(words, Podman.PATIENCE);
      if (!removed.succeeded()) {
        LOG.warn("podman rm: {}", removed.lastLine());
      }
    } catch (IOException e) {
      LOG.warn("containers cannot be removed: {}", e.getMessage());
    }
  }

  @Override
  public void close() {
    List<CompletableFuture<ExitStatus>> exits = List.copyOf(running.values());
    try {
      if (!exits.isEmpty()) {
        removeAll();
        CompletableFuture.allOf(exits.toArray(CompletableFuture<?>[]::new))
            .get(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | ExecutionException | TimeoutException e) {
      LOG.warn("the ends of {} containers were not heard", exits.size());
    }
    closed = true;
    Process stream = events;
    if (stream != null) {
      stream.destroyForcibly();
    }
    programs.close();
  }
}
