package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Identity;
import dev.bellows.embedded.runtime.Isolation;
import dev.bellows.embedded.runtime.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where and as whom the thread that starts programs does so. A program inherits its namespaces,
 * root, directory, user and groups from the thread that starts it; so the thread enters what the
 * program is to have, starts it, and comes back.
 *
 * <p>Nothing of the container's own files is executed with our rights: the thread has the program's
 * user before the first instruction of the new process. And nothing outlives us: namespaces have no
 * name in the file system, so they end with their last process.
 */
final class Surroundings {
  private static final Pattern IDS = Pattern.compile("(?m)^(Uid|Gid|Groups):[ \\t]*(.*)$");

  private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

  private final Syscalls calls;
  private final Mounts mounts;
  private final Syscalls.Descriptor network;
  private final Syscalls.Descriptor files;
  private final Syscalls.Descriptor root;
  private final Syscalls.Descriptor directory;
  private final int uid;
  private final int gid;
  private final List<Integer> groups;
  private final String thread;
  private boolean lost;

  /** A change, and how it is undone. */
  private interface Undo {
    void run() throws IOException;
  }

  private Surroundings(Syscalls calls, Path scratch) throws IOException {
    this.calls = calls;
    mounts = new Mounts(calls, scratch);
    calls.unshare(Syscalls.CLONE_FS); // or directory and root would change for all our threads
    network = calls.open(Path.of("/proc/thread-self/ns/net"));
    files = calls.open(Path.of("/proc/thread-self/ns/mnt"));
    root = calls.openPlace(Path.of("/"));
    directory = calls.openPlace(Path.of("."));
    thread =
        Objects.requireNonNull(Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName())
            .toString();
    Matcher ids = IDS.matcher(Files.readString(Path.of("/proc/thread-self/status")));
    int ownUid = -1;
    int ownGid = -1;
    List<Integer> ownGroups = List.of();
    while (ids.find()) {
      List<Integer> numbers =
          Arrays.stream(ids.group(2).strip().split("\\s+", -1))
              .filter(number -> !number.isEmpty())
              .map(Integer::parseUnsignedInt)
              .toList();
      switch (ids.group(1)) {
        case "Uid" -> ownUid = numbers.getFirst();
        case "Gid" -> ownGid = numbers.getFirst();
        default -> ownGroups = numbers;
      }
    }
    uid = ownUid;
    gid = ownGid;
    groups = ownGroups;
  }

  /**
   * Takes the calling thread out of what it shares with the others, and tries whether it may enter
   * a namespace of its own and leave it again.
   *
   * @param scratch an empty directory of ours, on which a container's root may be mounted where
   *     nobody else sees it
   * @throws IOException if we lack the rights, or the machine the means; the message says which
   */
  static Surroundings tryOut(Path scratch) throws IOException {
    Syscalls calls = new Syscalls();
    Surroundings surroundings = new Surroundings(calls, scratch);
    surroundings.within(
        new Place(
            new Isolation(
                Optional.empty(),
                List.of(Mount.of(scratch, scratch, true)),
                Optional.of(new Identity(surroundings.uid, surroundings.gid, surroundings.groups)),
                Isolation.NONE.limits()),
            OptionalLong.empty(),
            "/"),
        () -> 0);
    return surroundings;
  }

  /**
   * Where a program is to run.
   *
   * @param beside a process whose files it is to see, instead of mounts of its own
   * @param directory as the program is to see it
   */
  record Place(Isolation isolation, OptionalLong beside, String directory) {}

  /** What is done in a place. Little: it has the program's rights, and no way to our files. */
  interface Start {
    int run() throws Throwable;
  }

  /**
   * Does something in a place.
   *
   * @throws IOException if the place cannot be entered; the message says why
   */
  int within(Place place, Start start) throws IOException {
    if (lost) {
      throw new IOException("the way back from an earlier start failed; restart Bellows");
    }
    Deque<Undo> back = new ArrayDeque<>();
    try {
      enter(place, back);
      return start.run();
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("start", e);
    } finally {
      leave(back);
    }
  }

  /** A directory in memory, where everybody on the machine sees it. */
  void mountMemory(Path directory, OptionalLong limitBytes) throws IOException {
    calls.mount(
        "tmpfs",
        directory,
        "tmpfs",
        Syscalls.MS_NOSUID | Syscalls.MS_NODEV,
        limitBytes.isPresent() ? "size=" + limitBytes.getAsLong() : "");
  }

  /** Ends every mount at or below a directory, inner ones first. */
  void unmountBelow(Path directory) throws IOException {
    Path root = directory.toRealPath();
    List<Path> targets = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("/proc/thread-self/mountinfo"))) {
      Path target = Path.of(unescaped(line.split(" ", -1)[4])); // proc(5)
      if (target.startsWith(root)) {
        targets.add(target);
      }
    }
    for (Path target : targets.reversed()) {
      calls.unmount(target);
    }
  }

  /** The kernel writes blanks and the like as a backslash and three octal digits. */
  private static String unescaped(String text) {
    return OCTAL
        .matcher(text)
        .replaceAll(found ->
            Matcher.quoteReplacement(
                Character.toString((char) Integer.parseInt(found.group(1), 8))));
  }

  private void enter(Place place, Deque<Undo> back) throws IOException {
    Isolation isolation = place.isolation();
    for (Path group : isolation.cgroups()) {
      // Ours is the one above the one that all of a runtime's are below (Cgroups).
      Path ours = Objects.requireNonNull(group.getParent()).resolveSibling("tasks");
      back.push(() -> Files.writeString(ours, thread));
      Files.writeString(group.resolve("tasks"), thread);
    }
    if (isolation.networkNamespace().isPresent()) {
      try (Syscalls.Descriptor namespace = calls.open(isolation.networkNamespace().get())) {
        calls.setns(namespace, Syscalls.CLONE_NEWNET);
        back.push(() -> calls.setns(network, Syscalls.CLONE_NEWNET));
      }
    }
    back.push(() -> {
      calls.chroot(root);
      calls.chdir(directory);
    });
    if (place.beside().isPresent()) {
      Path process = Path.of("/proc", Long.toString(place.beside().getAsLong()));
      try (Syscalls.Descriptor namespace = calls.open(process.resolve("ns/mnt"));
          Syscalls.Descriptor itsRoot = calls.openPlace(process.resolve("root"))) {
        calls.setns(namespace, Syscalls.CLONE_NEWNS);
        back.push(() -> calls.setns(files, Syscalls.CLONE_NEWNS));
        calls.chroot(itsRoot);
      }
    } else if (!isolation.mounts().isEmpty()) {
      calls.unshare(Syscalls.CLONE_NEWNS);
      back.push(() -> calls.setns(files, Syscalls.CLONE_NEWNS));
      mounts.make(isolation.mounts());
    }
    calls.chdir(place.directory());
    if (isolation.identity().isPresent()) {
      become(isolation.identity().get(), back);
    }
  }

  private void become(Identity identity, Deque<Undo> back) throws IOException {
    back.push(() -> {
      calls.setGroup(gid);
      calls.setGroups(groups);
    });
    calls.setGroups(identity.groups());
    calls.setGroup(identity.gid());
    // The saved user is the way back. A new program has none: execve(2) saves the effective one.
    calls.setUser(identity.uid(), identity.uid(), uid);
    back.push(() -> calls.setUser(uid, uid, uid));
  }

  private void leave(Deque<Undo> back) throws IOException {
    while (!back.isEmpty()) {
      try {
        back.pop().run();
      } catch (IOException e) {
        lost = true;
        throw new IOException("the way back from a container failed", e);
      }
    }
  }
}
