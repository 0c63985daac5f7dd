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
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One request's way to an address of its Service, and to another one if the first cannot be
 * reached: endpoints tell of a pod's end a moment late. The choice is made anew among the addresses
 * of that moment; where there is no other yet, one is waited for. All of it happens on the
 * exchange's loop.
 */
final class Delivery implements EndListener, FailureHandler {
  /** How many addresses one request tries. */
  static final int ATTEMPTS_LIMIT = 3;

  /** How long others avoid an address that could not be reached. */
  static final Duration AVOIDED_FOR = Duration.ofSeconds(1);

  /** How often a request that nobody took looks whether there is somebody else by now. */
  static final Duration LOOKS_EVERY = Duration.ofMillis(100);

  /** How many times it looks before it gives up: 5 s. */
  static final int LOOKS_LIMIT = 50;

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
  private int looks;
  private int unreachable;

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
    unreachable = Math.max(unreachable, tried.size());
    if (looks == 0 && tried.size() < ATTEMPTS_LIMIT && sendAgain()) {
      return;
    }
    awaitAnother(failure);
  }

  private boolean sendAgain() {
    EndpointPool pool = target.pool();
    Endpoint next = pool.pick(nanoTime.getAsLong(), tried);
    if (next == null) {
      return false;
    }
    tally.retried.increment();
    send(next, pool);
    return true;
  }

  /** All that is known may be out of date: the last pod has gone, and who follows is on its way. */
  private void awaitAnother(ForwardFailure failure) {
    if (looks == LOOKS_LIMIT) {
      tally.unreachable.increment();
      exchange.answer(
          new Unreachable(target.backend().service(), unreachable, failure.message())
              .answer(exchange.headers()));
      return;
    }
    looks++;
    var _ =
        exchange
            .loop()
            .schedule(() -> look(failure), LOOKS_EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look(ForwardFailure failure) {
    if (exchange.ended()) {
      return;
    }
    // One that others avoid no longer may have come back; the first who tries it tells the others.
    tried.removeIf(endpoint -> !endpoint.avoidedAt(nanoTime.getAsLong()));
    if (!sendAgain()) {
      awaitAnother(failure);
    }
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
