package dev.bellows.embedded.kubelet;

import dev.bellows.embedded.apiserver.PodUsage;
import dev.bellows.embedded.runtime.Usage;
import dev.bellows.embedded.runtime.process.ProcessUsage;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How fast processes take processor time, by two looks at /proc. The first look of a window is kept
 * from an earlier question, if that was not long ago; else whoever asks waits {@link #SHORTEST}
 * between two. So nothing is measured unless somebody asks.
 */
final class PodMeter {
  /** The least time between two looks; /proc counts in hundredths of a second. */
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  /** After this a look is replaced, so that windows stay about as long as a metrics server's. */
  private static final Duration USUAL = Duration.ofSeconds(15);

  /** A look that is older says nothing of now. */
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private static final Logger LOG = LoggerFactory.getLogger(PodMeter.class);
  private static final String MACHINE = "";

  private record Look(Instant at, Usage usage) {}

  private final Clock clock;
  private final Map<String, Look> kept = new HashMap<>();

  PodMeter(Clock clock) {
    this.clock = clock;
  }

  /**
   * What processes and their descendants take.
   *
   * @param pids their numbers, by a name that is no other process's
   */
  Map<String, PodUsage> of(Map<String, Long> pids) {
    return measured(pids.keySet(), () -> looks(pids));
  }

  /** What the machine takes. */
  Optional<PodUsage> machine() {
    return Optional.ofNullable(
        measured(
                Set.of(MACHINE),
                () -> Map.of(MACHINE, new Look(clock.instant(), ProcessUsage.ofMachine())))
            .get(MACHINE));
  }

  private Map<String, Look> looks(Map<String, Long> pids) throws IOException {
    Map<Long, Usage> usages = ProcessUsage.of(pids.values());
    Instant now = clock.instant();
    Map<String, Look> looks = new HashMap<>();
    pids.forEach(
        (name, pid) -> looks.put(name, new Look(now, usages.getOrDefault(pid, Usage.NONE))));
    return looks;
  }

  @FunctionalInterface
  private interface Looking {
    Map<String, Look> look() throws IOException;
  }

  private Map<String, PodUsage> measured(Collection<String> names, Looking looking) {
    try {
      Map<String, Look> now = looking.look();
      if (!haveEarlier(names, now)) {
        Thread.sleep(SHORTEST);
        now = looking.look();
      }
      return rates(now);
    } catch (IOException e) {
      LOG.warn("cannot measure pods: {}", e.getMessage());
      return Map.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Map.of();
    }
  }

  /**
   * Whether all have an earlier look to compare with; keeps the given ones for those that lack it.
   */
  private synchronized boolean haveEarlier(Collection<String> names, Map<String, Look> now) {
    Instant instant = clock.instant();
    kept.values().removeIf(look -> look.at().plus(LONGEST).isBefore(instant));
    boolean all = true;
    for (String name : names) {
      Look earlier = kept.get(name);
      Look look = now.get(name);
      if (earlier == null || look == null || earlier.at().plus(SHORTEST).isAfter(look.at())) {
        all = false;
      }
      if (earlier == null && look != null) {
        kept.put(name, look);
      }
    }
    return all;
  }

  private synchronized Map<String, PodUsage> rates(Map<String, Look> now) {
    Map<String, PodUsage> rates = new HashMap<>();
    Set<String> due = new HashSet<>();
    now.forEach((name, look) -> {
      Look earlier = kept.get(name);
      if (earlier == null || !earlier.at().isBefore(look.at())) {
        return;
      }
      Duration window = Duration.between(earlier.at(), look.at());
      long taken = Math.max(0, look.usage().cpuNanos() - earlier.usage().cpuNanos());
      long nanoCores = (long) (taken / (window.toNanos() / 1e9));
      rates.put(
          name,
          new PodUsage(
              look.at(),
              window,
              Map.of("", new PodUsage.Part(nanoCores, look.usage().memoryBytes()))));
      if (window.compareTo(USUAL) >= 0) {
        due.add(name);
      }
    });
    due.forEach(name -> kept.put(name, now.get(name)));
    return rates;
  }
}
