package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.runtime.Mount;
import dev.bellows.embedded.runtime.Powers;
import dev.bellows.embedded.store.DataFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The volumes of one pod: directories of ours, which the runtime mounts where its containers want
 * them. Touched by the pod's worker, and read by the threads that start its containers.
 */
final class PodVolumes {
  /**
   * Where every container finds its account's token. It does without where nothing can be mounted.
   */
  static final String TOKEN_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final int ANYONE = 0777;

  /** Where a queue-proxy looks for its certificate (data-plane spec §1.4). */
  private static final String CERTIFICATES_MOUNT = "/var/lib/knative/certs";

  private final Node node;
  private final Path directory;
  private final Set<String> wanted = new HashSet<>();

  /** Those that a queue-proxy of this process reads: nobody has to mount them. */
  private final Set<String> readHere = new HashSet<>();

  private final Set<String> references = new HashSet<>();
  private boolean tellLabels;
  private final Map<String, AtomicDirectory> files = new HashMap<>();
  private final Map<String, VolumeContents.Token> tokens = new HashMap<>();
  private final List<Path> inMemory = new ArrayList<>();
  private final OptionalInt group;
  private volatile boolean ready;
  private Instant staleAt = Instant.MAX;

  PodVolumes(Node node, ObjectNode pod) {
    this.node = node;
    directory = node.volumes().resolve(checked(pod.path("metadata").path("uid").asText()));
    JsonNode fsGroup = pod.path("spec").path("securityContext").path("fsGroup");
    group = fsGroup.isInt() ? OptionalInt.of(fsGroup.asInt()) : OptionalInt.empty();
    for (String kind : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : pod.path("spec").path(kind)) {
        boolean queueProxy =
            node.queueProxies()
                .runs(container.path("name").asText(), container.path("image").asText());
        for (JsonNode mount : container.path("volumeMounts")) {
          if (!queueProxy) {
            wanted.add(mount.path("name").asText());
          } else if (mount.path("mountPath").asText().equals(CERTIFICATES_MOUNT)) {
            readHere.add(mount.path("name").asText());
          }
        }
      }
    }
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      if (VolumeContents.isOf(volume)) {
        volume.findValues("configMap").forEach(each -> references.add(each.path("name").asText()));
        volume
            .findValues("secret")
            .forEach(
                each -> references.add(each.path("secretName").asText(each.path("name").asText())));
        tellLabels |=
            volume.findValuesAsText("fieldPath").stream()
                .anyMatch(path ->
                    path.startsWith("metadata.labels") || path.startsWith("metadata.annotations"));
      }
    }
  }

  private static String checked(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("'" + name + "' is no name of Kubernetes");
    }
    return name;
  }

  /** Whether they have all been made. */
  boolean areReady() {
    return ready;
  }

  /** When they are to be made again though nothing has changed. */
  Instant staleAt() {
    return staleAt;
  }

  /** Whether labels or annotations of the pod are part of one. */
  boolean tellLabels() {
    return tellLabels;
  }

  /** Whether a ConfigMap or Secret of this name is part of one. */
  boolean referTo(String name) {
    return references.contains(name);
  }

  /**
   * Makes those that containers mount, or brings them up to date.
   *
   * @throws VolumeException if one cannot be had; the others may have been made
   */
  void make(ObjectNode pod) throws VolumeException {
    boolean mountable = node.runtime().powers().has(Powers.Power.MOUNTS);
    if (!mountable) {
      refuseWhatMustBeMounted(pod);
    }
    Instant now = node.clock().instant();
    Instant next = Instant.MAX;
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      if (mountable || readHere.contains(volume.path("name").asText())) {
        Instant stale = make(pod, volume, now);
        next = stale.isBefore(next) ? stale : next;
      }
    }
    staleAt = next;
    ready = true;
  }

  private void refuseWhatMustBeMounted(ObjectNode pod) throws VolumeException {
    for (String kind : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : pod.path("spec").path(kind)) {
        for (JsonNode mount : container.path("volumeMounts")) {
          String name = mount.path("name").asText();
          String path = mount.path("mountPath").asText();
          if (wanted.contains(name) && !path.equals(TOKEN_MOUNT)) {
            throw new VolumeException(
                name,
                "a program cannot have it at "
                    + path
                    + ": "
                    + node.runtime().powers().hindrance()
                    + "; run Bellows as root, or pass the values as variables");
          }
        }
      }
    }
  }

  private Instant make(ObjectNode pod, JsonNode volume, Instant now) throws VolumeException {
    String name = volume.path("name").asText();
    try {
      Path path = directory.resolve(checked(name));
      if (VolumeContents.isOf(volume)) {
        VolumeContents.Made made = VolumeContents.of(node.api(), pod, volume, now, tokens);
        DataFiles.ownerOnlyDirectory(directory);
        files.computeIfAbsent(name, _ -> new AtomicDirectory(path, group)).write(made.files());
        return made.staleAt();
      }
      if (volume.has("emptyDir")) {
        makeEmpty(path, volume.path("emptyDir"));
        return Instant.MAX;
      }
    } catch (IOException | IllegalArgumentException | NodeApi.Unavailable e) {
      throw new VolumeException(name, String.valueOf(e.getMessage()));
    }
    List<String> kinds = new ArrayList<>();
    volume.fieldNames().forEachRemaining(kinds::add);
    kinds.remove("name");
    throw new VolumeException(
        name,
        "volumes of kind "
            + String.join(", ", kinds)
            + " are not supported; there are configMap, secret, projected, downwardAPI and"
            + " emptyDir");
  }

  private void makeEmpty(Path path, JsonNode definition) throws IOException {
    boolean memory = definition.path("medium").asText("").equals("Memory");
    if (memory ? inMemory.contains(path) : Files.exists(path)) {
      return;
    }
    DataFiles.ownerOnlyDirectory(directory);
    Files.createDirectories(path);
    if (memory) {
      JsonNode limit = definition.path("sizeLimit");
      node.runtime()
          .mountMemory(
              path,
              limit.isMissingNode()
                  ? OptionalLong.empty()
                  : OptionalLong.of(Quantity.bytes(limit.asText())));
      inMemory.add(path);
    }
    Files.setPosixFilePermissions(path, AtomicDirectory.permissions(ANYONE));
    if (group.isPresent()) {
      Files.setAttribute(path, "unix:gid", group.getAsInt());
      Files.setAttribute(path, "unix:mode", 02000 | ANYONE);
    }
  }

  /**
   * What a container has where.
   *
   * @param variables the container's, which {@code subPathExpr} may refer to
   * @throws IllegalArgumentException if a path is none
   */
  List<Mount> mounts(ObjectNode pod, JsonNode container, Map<String, String> variables) {
    if (!node.runtime().powers().has(Powers.Power.MOUNTS)) {
      return List.of();
    }
    List<Mount> mounts = new ArrayList<>();
    for (JsonNode mount : container.path("volumeMounts")) {
      String name = mount.path("name").asText();
      String within =
          mount.has("subPathExpr")
              ? ContainerEnvironment.expand(mount.path("subPathExpr").asText(), variables)
              : mount.path("subPath").asText("");
      mounts.add(
          new Mount(
              directory.resolve(checked(name)),
              within,
              Path.of(mount.path("mountPath").asText()).normalize(),
              mount.path("readOnly").asBoolean(false) || isMadeOfObjects(pod, name)));
    }
    return mounts;
  }

  /**
   * Where on this machine a queue-proxy's certificate is, if it mounts one: being part of this
   * process, it sees the volume where it is.
   */
  Optional<Path> certificates(JsonNode queueProxy) {
    for (JsonNode mount : queueProxy.path("volumeMounts")) {
      if (mount.path("mountPath").asText().equals(CERTIFICATES_MOUNT)) {
        return Optional.of(directory.resolve(checked(mount.path("name").asText())));
      }
    }
    return Optional.empty();
  }

  private static boolean isMadeOfObjects(ObjectNode pod, String name) {
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      if (volume.path("name").asText().equals(name)) {
        return VolumeContents.isOf(volume);
      }
    }
    return false;
  }

  /** Lets go of what is in memory; the rest stays for the next kubelet. */
  void release() {
    try {
      if (!inMemory.isEmpty()) {
        node.runtime().unmountBelow(directory);
      }
      for (Path each : inMemory) {
        Files.delete(each);
      }
      inMemory.clear();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot let go of a volume below " + directory, e);
    }
  }

  /** Deletes them with all that programs have put there. */
  void delete() {
    release();
    try {
      AtomicDirectory.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + directory, e);
    }
  }
}
