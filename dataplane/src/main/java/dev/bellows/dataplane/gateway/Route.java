package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Ingress.HttpOption;
import dev.bellows.core.route.Ingress.Path;
import dev.bellows.core.route.Ingress.Split;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.ServiceId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A path of a KIngress, ready to be followed: which requests it takes, and to whom in turn. */
final class Route implements Match {
  private final Path path;
  private final Visibility visibility;
  private final HttpOption httpOption;
  private final List<Target> targets;
  private final SmoothSchedule schedule;

  /**
   * Prepares a path.
   *
   * @param visibility of the rule it belongs to
   * @param httpOption what becomes of requests without TLS
   * @param path with at least one split
   * @param backends where its Services are found
   */
  Route(Visibility visibility, HttpOption httpOption, Path path, Backends backends) {
    this.path = path;
    this.visibility = visibility;
    this.httpOption = httpOption;
    List<Split> splits = path.splits();
    // A single split without a share takes everything (serving spec §3, KIngress validation).
    boolean unweighted = splits.stream().allMatch(split -> split.percent() == 0);
    this.targets = splits.stream().map(split -> target(split, path, backends)).toList();
    this.schedule =
        new SmoothSchedule(splits.stream().map(split -> unweighted ? 1 : split.percent()).toList());
  }

  private static Target target(Split split, Path path, Backends backends) {
    Map<String, String> headers = new HashMap<>(path.appendHeaders());
    headers.putAll(split.appendHeaders());
    return new Target(
        backends.of(split.service()), split.servicePort(), List.copyOf(headers.entrySet()));
  }

  /** The Services that it sends requests to. */
  Stream<ServiceId> services() {
    return targets.stream().map(target -> target.backend().service());
  }

  /** Whether a request below its hosts is for it. */
  boolean takes(String requestPath, HeaderSource headers) {
    if (!requestPath.startsWith(path.prefix())) {
      return false;
    }
    for (Map.Entry<String, String> wanted : path.headers().entrySet()) {
      if (!wanted.getValue().equals(headers.header(wanted.getKey()))) {
        return false;
      }
    }
    return true;
  }

  /** Who receives the next request. */
  Target next() {
    return targets.size() == 1 ? targets.getFirst() : targets.get(schedule.next());
  }

  /** Whether it was asked for from outside of the cluster. */
  boolean external() {
    return visibility == Visibility.EXTERNAL_IP;
  }

  /** What becomes of requests without TLS. */
  HttpOption httpOption() {
    return httpOption;
  }

  /** The Host to send instead of the client's; empty keeps it. */
  String rewriteHost() {
    return path.rewriteHost();
  }

  /** How particular it is; the more particular one is tried first. */
  int prefixLength() {
    return path.prefix().length();
  }

  int headerCount() {
    return path.headers().size();
  }

  /** A header of the request at hand. */
  @FunctionalInterface
  interface HeaderSource {
    /** Its value, or {@code null} if there is none; the name's case does not matter. */
    @Nullable String header(String name);
  }

  /**
   * Where a share of the requests goes.
   *
   * @param backend the Service
   * @param port its port, as the KIngress names it
   * @param headers to set on the request
   */
  record Target(Backends.Backend backend, String port, List<Map.Entry<String, String>> headers) {
    EndpointPool pool() {
      return backend.pool(port);
    }
  }
}
