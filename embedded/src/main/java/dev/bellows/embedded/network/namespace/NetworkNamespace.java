package dev.bellows.embedded.network.namespace;

import dev.bellows.dataplane.proxy.Sockets;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * A network namespace, held by nothing but a file that we have open: when we end, however, the
 * kernel takes it away with all that is in it, as soon as the last program in it has ended too (ADR
 * 0068).
 *
 * <p>To open a socket in it a thread goes in and comes back, which takes a few microseconds. Only
 * platform threads may: a virtual one could leave its carrier behind in there. Virtual threads are
 * therefore served by a thread of their {@link Home}.
 */
public final class NetworkNamespace implements Sockets, AutoCloseable {
  private final Home home;
  private final int fd;
  private boolean closed;

  private NetworkNamespace(Home home, int fd) {
    this.home = home;
    this.fd = fd;
  }

  /** The network that this process is in, and to which every thread comes back. */
  static final class Home implements AutoCloseable {
    private final int fd;
    private final ExecutorService opener =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("network-namespaces").daemon().factory());

    Home() throws IOException {
      fd = Kernel.open("/proc/thread-self/ns/net");
    }

    int fd() {
      return fd;
    }

    private void comeBack() {
      try {
        Kernel.enterNetwork(fd);
      } catch (IOException e) {
        // Whatever it opened from now on would belong to a pod.
        throw new IllegalStateException(
            Thread.currentThread() + " cannot leave a network namespace", e);
      }
    }

    /** Runs what moves its thread into other namespaces, on a thread that may. */
    <T> T onPlatformThread(Callable<T> work) throws IOException {
      if (!Thread.currentThread().isVirtual()) {
        return call(work);
      }
      Future<T> done = opener.submit(work);
      boolean interrupted = false;
      try {
        while (true) {
          try {
            return done.get();
          } catch (InterruptedException e) {
            interrupted = true; // it takes microseconds, and what it opens must be known to us
          }
        }
      } catch (ExecutionException e) {
        return call(() -> {
          throw e.getCause() instanceof Exception cause ? cause : e;
        });
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    private static <T> T call(Callable<T> work) throws IOException {
      try {
        return work.call();
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      opener.shutdownNow();
      try {
        Kernel.close(fd);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Takes what is to be set up in a new namespace: asked from within, and the namespace's file. */
  @FunctionalInterface
  interface Setup {
    void run(Netlink inside, int fd) throws IOException;
  }

  /**
   * Makes a namespace.
   *
   * @param setup what it is to be given
   */
  static NetworkNamespace create(Home home, Setup setup) throws IOException {
    return home.onPlatformThread(() -> {
      int fd;
      Kernel.unshareNetwork();
      try (Netlink inside = Netlink.open()) {
        fd = Kernel.open("/proc/thread-self/ns/net");
        try {
          setup.run(inside, fd);
        } catch (IOException | RuntimeException e) {
          Kernel.close(fd);
          throw e;
        }
      } finally {
        home.comeBack();
      }
      return new NetworkNamespace(home, fd);
    });
  }

  /** The file by which another process enters it, for as long as it is there. */
  public Path path() {
    return Path.of("/proc/" + ProcessHandle.current().pid() + "/fd/" + fd);
  }

  /** Its file, for requests to the kernel that name it. */
  int fd() {
    return fd;
  }

  @Override
  public Channel open(Supplier<? extends Channel> opening) {
    try {
      return inside(opening::get);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Does something from within.
   *
   * @throws IllegalStateException if the namespace is closed
   */
  public <T> T inside(Callable<T> work) throws IOException {
    return home.onPlatformThread(() -> visit(work));
  }

  // Locked, lest its number be closed and given to another file while a thread is going in by it.
  private synchronized <T> T visit(Callable<T> work) throws Exception {
    if (closed) {
      throw new IllegalStateException("the pod's network is no more");
    }
    Kernel.enterNetwork(fd);
    try {
      return work.call();
    } finally {
      home.comeBack();
    }
  }

  /** Lets it go: it ends with the last program and socket in it. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      Kernel.close(fd);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
