package dev.bellows.dataplane.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatMessage;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.stats.StatForwarder.Owner;
import dev.bellows.dataplane.stats.StatForwarder.Owners;
import io.netty.channel.EventLoopGroup;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Statistics find whoever takes care of their Revision; buckets are named after Revisions here. */
class StatForwarderTest implements Owners {
  private static final EventLoopGroup LOOPS = EventLoops.create("test", 1);

  private final Map<String, Owner> owners = new ConcurrentHashMap<>();
  private final List<StatMessage> here = new CopyOnWriteArrayList<>();
  private final List<StatMessage> there = new CopyOnWriteArrayList<>();

  /** A minute behind that of the other. */
  private final InstantSource clock = InstantSource.fixed(Instant.now().minusSeconds(60));

  private final StatForwarder forwarder =
      new StatForwarder(LOOPS, this, here::add, clock, new Random(1));

  @AfterEach
  void close() {
    forwarder.close();
  }

  @AfterAll
  static void closeLoops() {
    LOOPS.shutdownGracefully();
  }

  @Test
  void eachStatisticGoesToItsOwner() throws Exception {
    try (StatServer other =
        StatServer.start(LOOPS, "127.0.0.1", 0, _ -> true, InstantSource.system(), there::addAll)) {
      owners.put("mine", new Owner.Here());
      owners.put("theirs", new Owner.At(List.of(URI.create("ws://" + other.address()))));
      forwarder.accept(List.of(message("mine"), message("theirs"), message("theirs")));
      assertThat(here).extracting(each -> each.revision().name()).containsExactly("mine");
      await()
          .untilAsserted(() ->
              assertThat(there)
                  .extracting(each -> each.revision().name())
                  .containsExactly("theirs", "theirs"));
    }
  }

  @Test
  void anotherOwnerPlacesStatisticsByHisOwnClock() throws Exception {
    long now = clock.instant().getEpochSecond();
    try (StatServer other =
        StatServer.start(LOOPS, "127.0.0.1", 0, _ -> true, InstantSource.system(), there::addAll)) {
      owners.put("theirs", new Owner.At(List.of(URI.create("ws://" + other.address()))));
      forwarder.accept(List.of(message("theirs", now), message("theirs", now - 5)));
      await().until(() -> !there.isEmpty());
      assertThat(there)
          .as("what waited for 5 s would have counted as of now")
          .singleElement()
          .satisfies(seen ->
              assertThat(seen.stat().timestamp()).as("stamped there").isGreaterThan(now + 30));
      assertThat(forwarder.dropped()).isEqualTo(1);
    }
  }

  @Test
  void whatNobodyTakesWaitsUntilSomebodyDoes() {
    forwarder.accept(List.of(message("orphan")));
    owners.put("orphan", new Owner.Here());
    await().untilAsserted(() -> assertThat(here).hasSize(1));
  }

  @Test
  void aNewOwnerGetsWhatTheOldOneCouldNotTake() throws Exception {
    owners.put("rev", new Owner.At(List.of(URI.create("ws://127.0.0.1:1"))));
    forwarder.accept(List.of(message("rev")));
    try (StatServer other =
        StatServer.start(LOOPS, "127.0.0.1", 0, _ -> true, InstantSource.system(), there::addAll)) {
      // The first address leads nowhere, the second to the owner.
      owners.put(
          "rev",
          new Owner.At(
              List.of(URI.create("ws://127.0.0.1:1"), URI.create("ws://" + other.address()))));
      await().untilAsserted(() -> assertThat(there).hasSize(1));
    }
  }

  @Override
  public String bucket(RevisionId revision) {
    return revision.name();
  }

  @Override
  public Optional<Owner> owner(String bucket) {
    return Optional.ofNullable(owners.get(bucket));
  }

  private static StatMessage message(String revision) {
    return message(revision, 0);
  }

  private static StatMessage message(String revision, long timestamp) {
    return new StatMessage(
        new RevisionId("default", revision), new Stat("activator-1", 1, 0, 1, 0, 0, timestamp));
  }
}
