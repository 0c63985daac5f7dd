package dev.bellows.app.wiring;

import dev.bellows.dataplane.gateway.AccessLog;
import dev.bellows.embedded.runtime.process.Account;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a run of the whole system is told.
 *
 * @param dataDirectory where its state lives
 * @param gatewayPort where services are reached, on loopback; 0 = any free port
 * @param httpsPort where they are reached by TLS, on loopback; 0 = any free port; empty = 8443, or
 *     a free one if that is taken
 * @param accessLog how the gateway's log of requests is written to standard output, if it is
 * @param waitPage after how long a browser gets a page that waits for a Service without a pod, if
 *     it does
 * @param apiPort where the Kubernetes API is reached, on loopback; 0 = any free port
 * @param domain suffix of the services' host names; empty = what is configured, at first
 *     example.com
 * @param runtime what runs containers
 * @param without parts that are left to processes of their own
 * @param network what pods have for a network
 * @param runAs the user whom programs run as; empty = whoever started us
 */
public record Settings(
    Path dataDirectory,
    int gatewayPort,
    OptionalInt httpsPort,
    Optional<AccessLog.Form> accessLog,
    Optional<Duration> waitPage,
    int apiPort,
    Optional<String> domain,
    ContainerRuntime runtime,
    Set<Part> without,
    Network network,
    Optional<Account> runAs) {

  public Settings {
    without = Set.copyOf(without);
  }

  /** What runs containers. */
  public enum ContainerRuntime {
    /** Plain processes of this machine. */
    process,
    /** The same, and images by podman. */
    podman
  }

  /** What pods have for a network. */
  public enum Network {
    /** The machine's own: a loopback address each, and the ports of all programs from one range. */
    loopback,
    /** One of its own for each, with every port; takes the rights of root. */
    namespaces,
    /** Of their own where all that belongs to it works, else the machine's. */
    auto
  }

  /** {@code ~/.bellows}, as a shell reads it: below {@code HOME} where that is set. */
  public static Path defaultDataDirectory() {
    String home = System.getenv("HOME");
    return Path.of(
        home == null || home.isBlank() ? System.getProperty("user.home") : home, ".bellows");
  }
}
