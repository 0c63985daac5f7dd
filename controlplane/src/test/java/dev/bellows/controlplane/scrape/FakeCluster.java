package dev.bellows.controlplane.scrape;

import dev.bellows.controlplane.scrape.RevisionPods.ReadyPod;
import dev.bellows.controlplane.scrape.ScrapeFailedException.Kind;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The pods of one Revision without a network: each answers with what a test says, and the Service
 * answers with one after the other.
 */
public final class FakeCluster implements PodWatch, StatSource {
  /** The present of every test. */
  public static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");

  private final Map<String, Pod> pods = new LinkedHashMap<>();
  private final AtomicInteger serviceTurn = new AtomicInteger();
  private boolean known = true;

  /** Whom was asked, by ip or by Service name, in the order of asking. */
  public final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();

  private record Pod(String name, String ip, Duration age, Stat stat, Optional<Kind> failure) {}

  /** A ready pod with requests in flight (twice as many per second). */
  public FakeCluster pod(Duration age, double concurrency) {
    return add(age, concurrency, Optional.empty());
  }

  /** A ready pod whose own address answers with a failure. */
  public FakeCluster failingPod(Duration age, Kind kind) {
    return add(age, 1, Optional.of(kind));
  }

  private FakeCluster add(Duration age, double concurrency, Optional<Kind> failure) {
    int number = pods.size() + 1;
    String ip = "10.0.0." + number;
    String name = "pod-" + number;
    Stat stat = new Stat(name, concurrency, 0, 2 * concurrency, 0, age.toSeconds(), 0);
    pods.put(ip, new Pod(name, ip, age, stat, failure));
    return this;
  }

  /** All pods are gone. */
  public FakeCluster empty() {
    pods.clear();
    return this;
  }

  /** The watch has not seen anything yet. */
  public FakeCluster unknown() {
    known = false;
    return this;
  }

  @Override
  public Optional<RevisionPods> pods(RevisionId revision) {
    List<ReadyPod> ready = new ArrayList<>();
    pods.values().forEach(pod -> ready.add(new ReadyPod(pod.name, pod.ip, NOW.minus(pod.age))));
    return known ? Optional.of(new RevisionPods(ready, 0, 0, 0)) : Optional.empty();
  }

  @Override
  public Address metricsAddress(ServiceId service, String podIp) {
    return new Address(podIp, 9090);
  }

  @Override
  public Stat fetch(String authority, Connection connection) throws ScrapeFailedException {
    String host = authority.substring(0, authority.lastIndexOf(':'));
    asked.add(host);
    if (connection == Connection.CLOSED) {
      List<Pod> all = List.copyOf(pods.values());
      return all.get(serviceTurn.getAndIncrement() % all.size()).stat();
    }
    Pod pod = pods.get(host);
    if (pod == null) {
      throw new ScrapeFailedException(Kind.OTHER, "nobody is at " + authority);
    }
    if (pod.failure().isPresent()) {
      throw new ScrapeFailedException(pod.failure().get(), "pod " + host + " is out of order");
    }
    return pod.stat();
  }
}
