package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Mount;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Makes a container's mounts in the mount namespace of the calling thread, which is to be a fresh
 * one.
 *
 * <p>Beside its mounts a container sees the machine's own files. Where a mount's target is not
 * among them, nothing is made there: the nearest directory that exists is covered by an empty one
 * in memory, in which everything that the directory holds is shown again, and the target beside it.
 * Files of the machine stay writable through it; what the container newly makes in the covered
 * directory itself goes with the container.
 */
final class Mounts {
  /** Entries of a directory that is shown anew; each costs a mount. */
  static final int MAX_ENTRIES = 2000;

  private static final Path ROOT = Path.of("/");

  private final Syscalls calls;
  private final Path scratch;

  /**
   * Uses these calls.
   *
   * @param scratch an empty directory of ours, where a new root is put together
   */
  Mounts(Syscalls calls, Path scratch) {
    this.calls = calls;
    this.scratch = scratch;
  }

  /** A mount whose source is open, so that covering it changes nothing. */
  private record Open(Mount mount, Syscalls.Descriptor source, boolean isDirectory) {}

  /**
   * Makes the mounts, outer ones before inner ones.
   *
   * @throws IOException if one cannot be made; some may be there then, in a namespace that nobody
   *     uses
   */
  void make(List<Mount> mounts) throws IOException {
    // What is mounted here stays here; what the machine unmounts is let go of.
    calls.mount("none", ROOT, "none", Syscalls.MS_REC | Syscalls.MS_SLAVE, "");
    List<Open> opened = new ArrayList<>();
    try {
      for (Mount mount : mounts) {
        opened.add(open(mount));
      }
      opened.sort(Comparator.comparingInt(each -> each.mount().target().getNameCount()));
      Set<Path> writable = new HashSet<>();
      for (Open each : opened) {
        make(each, writable);
        if (!each.mount().readOnly()) {
          writable.add(each.mount().target());
        }
      }
    } finally {
      for (Open each : opened) {
        each.source().close();
      }
    }
  }

  private Open open(Mount mount) throws IOException {
    Syscalls.Descriptor source = calls.openPlace(mount.source());
    if (!mount.subPath().isEmpty()) {
      try (Syscalls.Descriptor volume = source) {
        source = within(volume, mount);
      }
    }
    return new Open(mount, source, Files.isDirectory(source.path()));
  }

  /** What a sub-path names; directories that are not there are made, as a kubelet does. */
  private Syscalls.Descriptor within(Syscalls.Descriptor volume, Mount mount) throws IOException {
    Path path = Path.of(mount.subPath());
    for (int depth = 1; depth <= path.getNameCount() && !mount.readOnly(); depth++) {
      Path below = path.subpath(0, depth);
      try (Syscalls.Descriptor above =
          depth == 1
              ? calls.openBeneath(volume, ".")
              : calls.openBeneath(volume, path.subpath(0, depth - 1).toString())) {
        Path made = above.path().resolve(below.getFileName());
        if (!Files.exists(made, LinkOption.NOFOLLOW_LINKS)) {
          Files.createDirectory(made);
          Files.setPosixFilePermissions(made, Files.getPosixFilePermissions(above.path()));
        }
      }
    }
    return calls.openBeneath(volume, mount.subPath());
  }

  private void make(Open open, Set<Path> writable) throws IOException {
    Path target = open.mount().target();
    try {
      place(target, open.isDirectory(), writable);
      bind(open.source().path(), target);
      if (open.mount().readOnly()) {
        calls.mount(
            "none",
            target,
            "none",
            Syscalls.MS_BIND | Syscalls.MS_REMOUNT | Syscalls.MS_RDONLY,
            "");
      }
    } catch (IOException e) {
      throw new IOException("cannot mount " + target + ": " + e.getMessage(), e);
    }
  }

  private void bind(Path source, Path target) throws IOException {
    calls.mount(source.toString(), target, "none", Syscalls.MS_BIND | Syscalls.MS_REC, "");
  }

  /** Sees to it that something is there to mount on, of the kind that is to be mounted. */
  private void place(Path target, boolean isDirectory, Set<Path> writable) throws IOException {
    if (Files.exists(target)) {
      if (Files.isDirectory(target) != isDirectory) {
        throw new IOException(
            isDirectory
                ? "there is a file on this machine"
                : "there is a directory on this machine");
      }
      return;
    }
    Path parent = Objects.requireNonNull(target.getParent(), "the root is always there");
    Path there = parent;
    while (!Files.exists(there)) {
      there = Objects.requireNonNull(there.getParent(), "the root is always there");
    }
    if (!Files.isDirectory(there)) {
      throw new IOException(there + " is no directory on this machine");
    }
    // A volume that may be written to simply gets the directory, as it would in a cluster.
    if (writable.stream().noneMatch(there::startsWith)) {
      cover(there.toRealPath());
    }
    Files.createDirectories(parent);
    if (isDirectory) {
      Files.createDirectory(target);
    } else {
      Files.createFile(target);
    }
  }

  /** Covers a directory by one in memory that shows the same, and may be added to. */
  private void cover(Path directory) throws IOException {
    boolean isRoot = directory.equals(ROOT);
    Path fresh = isRoot ? scratch : directory;
    Map<String, Object> owner = Files.readAttributes(directory, "unix:uid,gid,mode");
    try (Syscalls.Descriptor original = calls.openPlace(directory)) {
      calls.mount(
          "tmpfs",
          fresh,
          "tmpfs",
          Syscalls.MS_NOSUID | Syscalls.MS_NODEV,
          "mode=%o,uid=%s,gid=%s"
              .formatted(
                  (int) Objects.requireNonNull(owner.get("mode")) & 07777,
                  owner.get("uid"),
                  owner.get("gid")));
      // So that showing a directory which holds the scratch directory does not show it again.
      calls.mount("none", fresh, "none", Syscalls.MS_UNBINDABLE, "");
      int entries = 0;
      try (DirectoryStream<Path> all = Files.newDirectoryStream(original.path())) {
        for (Path entry : all) {
          if (++entries > MAX_ENTRIES) {
            throw new IOException(
                "%s has more than %d entries; make the directory yourself"
                    .formatted(directory, MAX_ENTRIES));
          }
          show(entry, fresh.resolve(entry.getFileName()));
        }
      }
    }
    if (isRoot) {
      try (Syscalls.Descriptor root = calls.openPlace(fresh)) {
        calls.chroot(root);
      }
    }
  }

  private void show(Path entry, Path at) throws IOException {
    if (Files.isSymbolicLink(entry)) {
      Files.createSymbolicLink(at, Files.readSymbolicLink(entry));
      return;
    }
    if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(at);
    } else {
      Files.createFile(at);
    }
    bind(entry, at);
  }
}
