package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServiceId;
import dev.bellows.dataplane.gateway.Missing.NoEndpoint;
import dev.bellows.dataplane.gateway.Missing.NoService;
import dev.bellows.dataplane.gateway.Missing.Unreachable;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.End;
import dev.bellows.dataplane.proxy.EndListener;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.FailureHandler;
import dev.bellows.dataplane.proxy.ForwardFailure;
import dev.bellows.dataplane.proxy.InternalTls;
import dev.bellows.dataplane.proxy.Key;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One request's way to an address of its Service, and to another one if the first cannot be
 * reached: endpoints tell of a pod's end a moment late. The choice is made anew among the addresses
 * of that moment. All of it happens on the exchange's loop.
 */
final class Delivery implements EndListener, FailureHandler {
  /** How many addresses one request tries. */
  static final int ATTEMPTS_LIMIT = 3;

  /** How long others avoid an address that could not be reached. */
  static final Duration AVOIDED_FOR = Duration.ofSeconds(1);

  /** How a request travelled, for those who tell of it. */
  static final Key<Delivery> DELIVERY = Key.of("delivery");

  private final Exchange exchange;
  private final Route.Target target;
  private final InternalTls tls;
  private final LongSupplier nanoTime;
  private final Gateway.Tally tally;
  private List<Endpoint> tried = List.of();
  private @Nullable Endpoint current;
  private @Nullable Address lastTried;
  private int attempts;

  Delivery(
      Exchange exchange,
      Route.Target target,
      InternalTls tls,
      LongSupplier nanoTime,
      Gateway.Tally tally) {
    this.tls = tls;
    this.exchange = exchange;
    this.target = target;
    this.nanoTime = nanoTime;
    this.tally = tally;
  }

  /** The Service that it goes to. */
  ServiceId service() {
    return target.backend().service();
  }

  /** The address that was tried last, or null if there was none to try. */
  @Nullable Address address() {
    return lastTried;
  }

  /** How many addresses were tried. */
  int attempts() {
    return attempts;
  }

  /** Starts on the way. */
  void start() {
    exchange.put(DELIVERY, this);
    exchange.onEnd(this);
    EndpointPool pool = target.pool();
    Endpoint endpoint = pool.pick(nanoTime.getAsLong(), tried);
    if (endpoint == null) {
      tally.unavailable.increment();
      Missing missing =
          target.backend().exists()
              ? new NoEndpoint(target.backend().service(), target.port())
              : new NoService(target.backend().service());
      exchange.answer(missing.answer(exchange.headers()));
      return;
    }
    send(endpoint, pool);
  }

  private void send(Endpoint endpoint, EndpointPool pool) {
    current = endpoint;
    lastTried = endpoint.address();
    attempts++;
    endpoint.requestIn();
    HttpTelemetry.calls(exchange, endpoint.address());
    exchange.forward(
        endpoint.address(),
        pool.protocol(),
        switch (pool.wrapping()) {
          case NONE -> null;
          case INTERNAL_TLS -> tls.toPodsOrActivators(service().namespace());
        },
        this);
  }

  @Override
  public void onFailure(Exchange failed, ForwardFailure failure) {
    Endpoint endpoint = leave();
    if (!failure.unsent() || endpoint == null) {
      tally.unreachable.increment();
      failed.answer(Answer.error(502, failure.message()));
      return;
    }
    endpoint.avoidUntil(nanoTime.getAsLong() + AVOIDED_FOR.toNanos());
    if (tried.isEmpty()) {
      tried = new ArrayList<>(ATTEMPTS_LIMIT);
    }
    tried.add(endpoint);
    EndpointPool pool = target.pool();
    Endpoint next = tried.size() < ATTEMPTS_LIMIT ? pool.pick(nanoTime.getAsLong(), tried) : null;
    if (next == null) {
      tally.unreachable.increment();
      failed.answer(
          new Unreachable(target.backend().service(), tried.size(), failure.message())
              .answer(failed.headers()));
      return;
    }
    tally.retried.increment();
    send(next, pool);
  }

  @Override
  public void onEnd(Exchange over, End end) {
    if (leave() != null) {
      tally.forwarded.increment();
    }
  }

  private @Nullable Endpoint leave() {
    Endpoint left = current;
    current = null;
    if (left != null) {
      left.requestOut();
    }
    return left;
  }
}
