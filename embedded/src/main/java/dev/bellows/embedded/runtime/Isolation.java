package dev.bellows.embedded.runtime;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What sets a container apart from the machine it runs on. A runtime that cannot do what is asked
 * for here refuses the start; it never starts the program without.
 *
 * @param networkNamespace a file that names the network namespace to enter, such as those below
 *     {@code /run/netns}; empty = the machine's network
 * @param mounts what the container sees at paths of its own
 * @param identity whom its programs run as; empty = whomever the runtime chooses
 * @param limits what it may use
 * @param cgroups directories of control groups that its programs start in; the runtime's own
 *     business
 */
public record Isolation(
    Optional<Path> networkNamespace,
    List<Mount> mounts,
    Optional<Identity> identity,
    Limits limits,
    List<Path> cgroups) {
  /** Nothing of it: a program like any other of the machine. */
  public static final Isolation NONE =
      new Isolation(Optional.empty(), List.of(), Optional.empty(), Limits.NONE);

  public Isolation {
    mounts = List.copyOf(mounts);
    cgroups = List.copyOf(cgroups);
  }

  /** What a pod asks for. */
  public Isolation(
      Optional<Path> networkNamespace,
      List<Mount> mounts,
      Optional<Identity> identity,
      Limits limits) {
    this(networkNamespace, mounts, identity, limits, List.of());
  }

  /** The same, in control groups. */
  public Isolation in(List<Path> groups) {
    return new Isolation(networkNamespace, mounts, identity, limits, groups);
  }

  /** The same, with programs running as somebody else. */
  public Isolation as(Optional<Identity> other) {
    return new Isolation(networkNamespace, mounts, other, limits, cgroups);
  }

  /** Where on this machine what the container sees at a path is. */
  public Path onMachine(Path seen) {
    Path path = seen.normalize();
    return mounts.stream()
        .filter(mount -> path.startsWith(mount.target()))
        .max(Comparator.comparingInt(mount -> mount.target().getNameCount()))
        .map(mount ->
            mount.source().resolve(mount.subPath()).resolve(mount.target().relativize(path)))
        .orElse(seen);
  }
}
