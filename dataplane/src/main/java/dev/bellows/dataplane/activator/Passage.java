package dev.bellows.dataplane.activator;

import dev.bellows.core.route.Address;
import dev.bellows.core.throttle.PodTracker;
import dev.bellows.dataplane.activator.Throttler.Throttled;
import dev.bellows.dataplane.activator.WaitingLine.Position;
import dev.bellows.dataplane.activator.WaitingLine.Ticket;
import dev.bellows.dataplane.activator.WaitingLine.Waiter;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.ClientTls;
import dev.bellows.dataplane.proxy.End;
import dev.bellows.dataplane.proxy.EndListener;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.FailureHandler;
import dev.bellows.dataplane.proxy.ForwardFailure;
import dev.bellows.dataplane.proxy.HeaderNames;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request's way through the throttler: in line or not, to a pod, and to another if the first
 * cannot be reached.
 *
 * <p>States: <em>waiting</em> (a ticket), <em>called</em> (on another thread; the news is on its
 * way to the exchange's loop), <em>passed</em> (a place) and <em>over</em>. A place belongs to
 * exactly one of: the line, the news on its way, this object; and goes back to the line once, when
 * the exchange is over or the pod could not be reached. All but the waiter's two calls happen on
 * the exchange's loop.
 */
final class Passage implements Waiter, EndListener, FailureHandler {
  /** How many pods one request tries to reach before it is answered with the last failure. */
  static final int ATTEMPTS_LIMIT = 5;

  private static final int TLS_PORT = 8112;
  private static final int SERVICE_PORT = 80;
  private static final int SERVICE_TLS_PORT = 443;

  private static final Answer QUEUE_FULL =
      Answer.error(503, "pending request queue full").with("Retry-After", "1");

  private final Throttler throttler;
  private final Exchange exchange;
  private Throttled revision;
  private @Nullable Ticket ticket;
  private @Nullable PodTracker place;
  private int attempts;

  Passage(Throttler throttler, Exchange exchange, Throttled revision) {
    this.throttler = throttler;
    this.exchange = exchange;
    this.revision = revision;
  }

  /** Starts on the way. */
  void start() {
    exchange.onEnd(this);
    enter(Position.LAST);
  }

  private void enter(Position position) {
    PodTracker free = revision.line().tryPass();
    if (free != null) {
      pass(free);
      return;
    }
    Optional<Ticket> joined = revision.line().join(this, position);
    if (joined.isPresent()) {
      ticket = joined.get();
    } else {
      exchange.answer(QUEUE_FULL);
    }
  }

  @Override
  public void onCalled(PodTracker called) {
    Throttled callers = revision;
    exchange.loop().execute(() -> arrive(callers, called));
  }

  private void arrive(Throttled callers, PodTracker called) {
    ticket = null;
    if (exchange.ended()) {
      callers.line().release(called);
    } else {
      pass(called);
    }
  }

  @Override
  public void onGone() {
    exchange.loop().execute(this::lookAgain);
  }

  /** The Revision was replaced by one of the same name, or deleted. */
  private void lookAgain() {
    ticket = null;
    if (exchange.ended()) {
      return;
    }
    Throttled now = throttler.find(revision.revision().id());
    if (now == null) {
      exchange.answer(RevisionLookup.notFound(revision.revision().id().name()));
    } else {
      revision = now;
      enter(Position.LAST);
    }
  }

  private void pass(PodTracker taken) {
    place = taken;
    attempts++;
    if (throttler.addressing().throughMesh()) {
      exchange.headers().set(HeaderNames.HOST, revision.privateHost());
      exchange.headers().set(Addressing.PASSTHROUGH, "true");
    } else {
      exchange.headers().set(HeaderNames.HOST, taken.address().toString());
    }
    ClientTls within = throttler.tls().toPods(revision.revision().id().namespace());
    Address target = within == null ? taken.address() : secured(taken.address());
    HttpTelemetry.calls(exchange, target);
    exchange.forward(target, within, this);
  }

  /**
   * Where the same is reached by TLS: a queue-proxy at its other port, a Service at the port of
   * https (data-plane spec §7).
   */
  private static Address secured(Address plain) {
    return new Address(plain.ip(), plain.port() == SERVICE_PORT ? SERVICE_TLS_PORT : TLS_PORT);
  }

  @Override
  public void onFailure(Exchange failed, ForwardFailure failure) {
    PodTracker tried = place;
    giveBack();
    if (!failure.unsent() || tried == null) {
      failed.answer(Answer.error(502, failure.message()));
      return;
    }
    boolean again = attempts < ATTEMPTS_LIMIT;
    revision.pods().onUnreachable(tried.address(), () -> retry(again, failure));
  }

  /** Once the pod is out of the choice, so that it cannot be chosen again. */
  private void retry(boolean again, ForwardFailure failure) {
    exchange
        .loop()
        .execute(() -> {
          if (exchange.ended()) {
            return;
          }
          if (again) {
            enter(Position.FIRST);
          } else {
            exchange.answer(Answer.error(502, failure.message()));
          }
        });
  }

  @Override
  public void onEnd(Exchange over, End end) {
    if (ticket != null) {
      revision.line().leave(ticket);
      ticket = null;
    }
    giveBack();
  }

  private void giveBack() {
    PodTracker held = place;
    if (held != null) {
      place = null;
      revision.line().release(held);
    }
  }
}
