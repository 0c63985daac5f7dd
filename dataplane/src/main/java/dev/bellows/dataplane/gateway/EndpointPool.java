package dev.bellows.dataplane.gateway;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServicePort;
import dev.bellows.core.route.ServicePort.Wrapping;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The ready addresses behind one port of a Service. Takes the one with the fewest open requests
 * among a few that follow each other in turn, which is round robin while all are equal.
 *
 * <p>The addresses are fixed; a change makes a new pool that takes over what is known of the
 * addresses which stay, so a request under way notices nothing. Picking allocates nothing.
 */
final class EndpointPool {
  static final EndpointPool EMPTY =
      new EndpointPool(Protocol.HTTP1, Wrapping.NONE, List.of(), new AtomicInteger(), false);

  /** How many addresses a pick compares at most. */
  private static final int COMPARED = 8;

  private final Protocol protocol;
  private final Wrapping wrapping;
  private final List<Endpoint> endpoints;
  private final AtomicInteger turn;
  private final boolean asleep;

  private EndpointPool(
      Protocol protocol,
      Wrapping wrapping,
      List<Endpoint> endpoints,
      AtomicInteger turn,
      boolean asleep) {
    this.protocol = protocol;
    this.wrapping = wrapping;
    this.endpoints = List.copyOf(endpoints);
    this.turn = turn;
    this.asleep = asleep;
  }

  /** The pool that follows this one when the port's ready addresses change. */
  EndpointPool with(ServicePort port) {
    Map<Address, Endpoint> known =
        endpoints.stream().collect(Collectors.toMap(Endpoint::address, Function.identity()));
    List<Endpoint> next =
        port.endpoints().ready().stream()
            .map(address -> known.getOrDefault(address, new Endpoint(address)))
            .toList();
    return new EndpointPool(
        port.protocol(),
        port.wrapping(),
        next,
        this == EMPTY ? new AtomicInteger() : turn,
        port.asleep());
  }

  /** What is spoken at all of them. */
  Protocol protocol() {
    return protocol;
  }

  /** What it is spoken within. */
  Wrapping wrapping() {
    return wrapping;
  }

  /** Whether a request waits at them until there is a pod. */
  boolean isAsleep() {
    return asleep;
  }

  boolean isEmpty() {
    return endpoints.isEmpty();
  }

  /**
   * The address for the next request.
   *
   * @param nowNanos to tell who is still avoided
   * @param tried addresses that this request could not reach; not picked again
   * @return one that is not avoided if there is such, or {@code null} if there is none left to try
   */
  @Nullable Endpoint pick(long nowNanos, Collection<Endpoint> tried) {
    int size = endpoints.size();
    if (size == 0) {
      return null;
    }
    int start = Integer.remainderUnsigned(turn.getAndIncrement(), size);
    Endpoint best = null;
    Endpoint lastResort = null;
    int compared = 0;
    for (int i = 0; i < size && compared < COMPARED; i++) {
      Endpoint candidate = endpoints.get((start + i) % size);
      if (!tried.isEmpty() && tried.contains(candidate)) {
        continue;
      }
      if (candidate.avoidedAt(nowNanos)) {
        lastResort = lastResort == null ? candidate : lastResort;
        continue;
      }
      compared++;
      if (best == null || candidate.open() < best.open()) {
        best = candidate;
      }
    }
    return best == null ? lastResort : best;
  }

  @Override
  public String toString() {
    return endpoints.toString();
  }
}
