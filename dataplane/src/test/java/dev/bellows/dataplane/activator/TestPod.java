package dev.bellows.dataplane.activator;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.End;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A pod's queue-proxy and program in one: answers probes, keeps what it was asked, and answers with
 * its name after a while.
 */
public final class TestPod implements AutoCloseable {
  private final String name;
  private final long workMillis;
  private final Listener listener;
  private final AtomicInteger probes = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger mostAtOnce = new AtomicInteger();
  private final Queue<HttpHeaders> requests = new ConcurrentLinkedQueue<>();
  private final Map<String, Integer> timesById = new ConcurrentHashMap<>();
  private volatile boolean ready;

  public TestPod(ProxyEngine engine, String name, long workMillis, boolean ready)
      throws IOException {
    this.name = name;
    this.workMillis = workMillis;
    this.ready = ready;
    this.listener = engine.listen("127.0.0.1", 0, List.of(this::handle));
  }

  private void handle(Exchange exchange) {
    if (exchange.headers().contains("K-Network-Probe", "queue", false)) {
      probes.incrementAndGet();
      exchange.answer(ready ? Answer.text(200, "queue") : Answer.empty(503));
      return;
    }
    requests.add(new DefaultHttpHeaders().set(exchange.headers()));
    timesById.merge(exchange.request().uri(), 1, Integer::sum);
    mostAtOnce.accumulateAndGet(running.incrementAndGet(), Math::max);
    exchange.onEnd((_, end) -> {
      if (end != End.COMPLETE) {
        running.decrementAndGet();
      }
    });
    exchange
        .loop()
        .schedule(
            () -> {
              if (!exchange.ended()) {
                // Before the answer, which lets the activator send the next request at once.
                running.decrementAndGet();
                exchange.answer(Answer.text(200, name));
              }
            },
            workMillis,
            TimeUnit.MILLISECONDS);
  }

  public Address address() {
    return listener.address();
  }

  public void becomeReady() {
    ready = true;
  }

  public int probes() {
    return probes.get();
  }

  public int mostAtOnce() {
    return mostAtOnce.get();
  }

  /** Headers of the requests so far, in order of arrival. */
  public List<HttpHeaders> requests() {
    return List.copyOf(requests);
  }

  /** How often each path and query was asked for. */
  public Map<String, Integer> timesById() {
    return Map.copyOf(timesById);
  }

  @Override
  public void close() {
    listener.close();
  }
}
