package dev.bellows.controlplane.scrape;

import dev.bellows.api.config.NetworkConfig.MeshCompatibilityMode;
import dev.bellows.controlplane.scrape.RevisionPods.ReadyPod;
import dev.bellows.controlplane.scrape.ScrapeFailedException.Kind;
import dev.bellows.controlplane.scrape.StatSource.Connection;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.stat.ScrapeSample;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;

/**
 * Asks a sample of one Revision's pods and lets the answers speak for all (autoscaling spec §6).
 *
 * <p>Pods are asked one by one at their own addresses; if only a service mesh answers there,
 * through their Service, and from then on always so. Pods that have run for a whole stable window
 * are asked first, for the younger ones do not carry their share yet.
 *
 * <p>One scrape at a time: {@link #scrape} is not to be called again before it has returned.
 */
public final class Scraper {
  /** A worker that asks the Service gives up after so many answers that brought nothing new. */
  private static final int MAX_SERVICE_ATTEMPTS = 10;

  private static final int METRICS_PORT = 9090;

  private final RevisionId revision;
  private final ServiceId target;
  private final MeshCompatibilityMode mode;
  private final PodWatch pods;
  private final StatSource source;
  private final ExecutorService workers;
  private final RandomGenerator random;
  private volatile boolean onlyServiceAnswers;

  /**
   * A scraper for one Revision.
   *
   * @param revision whose pods are asked
   * @param target the Service in front of them, for its Endpoints' ports and for the detour
   * @param mode whether pods can be asked one by one
   * @param pods which pods there are
   * @param source how one is asked
   * @param workers runs the requests of one scrape side by side; blocking is fine there
   * @param random shuffles the pods
   */
  public Scraper(
      RevisionId revision,
      ServiceId target,
      MeshCompatibilityMode mode,
      PodWatch pods,
      StatSource source,
      ExecutorService workers,
      RandomGenerator random) {
    this.revision = revision;
    this.target = target;
    this.mode = mode;
    this.pods = pods;
    this.source = source;
    this.workers = workers;
    this.random = random;
  }

  /** The Service it asks. */
  public ServiceId target() {
    return target;
  }

  /**
   * Whether a scrape would certainly bring nothing, because there is no ready pod. Costs one
   * look-up, so that the many Revisions at zero cost no more than that.
   */
  public boolean hasNobodyToAsk() {
    return pods.pods(revision).map(seen -> seen.ready().isEmpty()).orElse(false);
  }

  /**
   * Asks once.
   *
   * @param now the present
   * @param stableWindow pods that have run for this long are asked first
   * @return what all pods report together; empty if there is no ready pod
   * @throws ScrapeFailedException if too few pods answered
   */
  public Optional<Stat> scrape(Instant now, Duration stableWindow)
      throws ScrapeFailedException, InterruptedException {
    return switch (mode) {
      case ENABLED -> throughService(stableWindow);
      case DISABLED -> onePodAtATime(now, stableWindow);
      case AUTO -> {
        if (onlyServiceAnswers) {
          yield throughService(stableWindow);
        }
        try {
          yield onePodAtATime(now, stableWindow);
        } catch (ScrapeFailedException direct) {
          if (direct.kind() != Kind.MESH_LIKE) {
            throw direct;
          }
          Optional<Stat> stat = throughService(stableWindow);
          onlyServiceAnswers = true;
          yield stat;
        }
      }
    };
  }

  private Optional<Stat> onePodAtATime(Instant now, Duration stableWindow)
      throws ScrapeFailedException, InterruptedException {
    List<ReadyPod> ready = readyPods();
    if (ready.isEmpty()) {
      return Optional.empty();
    }
    int sampleSize = ScrapeSample.sizeFor(ready.size());
    Queue<ReadyPod> candidates =
        new ConcurrentLinkedQueue<>(inOrderOfAsking(ready, now.minus(stableWindow), sampleSize));
    List<Answer> answers = inParallel(sampleSize, () -> askUntilOneAnswers(candidates));

    List<Stat> stats = answers.stream().flatMap(answer -> answer.stats().stream()).toList();
    if (stats.size() < sampleSize) {
      List<ScrapeFailedException> failures =
          answers.stream().flatMap(answer -> answer.failures().stream()).toList();
      boolean onlyMesh =
          stats.isEmpty() && failures.stream().allMatch(each -> each.kind() == Kind.MESH_LIKE);
      throw new ScrapeFailedException(
          onlyMesh ? Kind.MESH_LIKE : Kind.OTHER,
          "%d of %d pods of %s answered, %d were needed%s"
              .formatted(
                  stats.size(),
                  ready.size(),
                  revision,
                  sampleSize,
                  failures.isEmpty() ? "" : ": " + failures.getFirst().getMessage()));
    }
    return Optional.of(ScrapeSample.extrapolate(stats, sampleSize, ready.size()));
  }

  /** The old pods, then the young ones; those that only some are asked of, in random order. */
  private List<ReadyPod> inOrderOfAsking(List<ReadyPod> ready, Instant oldBefore, int sampleSize) {
    List<ReadyPod> old = new ArrayList<>();
    List<ReadyPod> young = new ArrayList<>();
    for (ReadyPod pod : ready) {
      (pod.startedAt().isAfter(oldBefore) ? young : old).add(pod);
    }
    Collections.shuffle(old.size() < sampleSize ? young : old, random);
    old.addAll(young);
    return old;
  }

  private Answer askUntilOneAnswers(Queue<ReadyPod> candidates) throws InterruptedException {
    List<ScrapeFailedException> failures = new ArrayList<>();
    for (ReadyPod pod; (pod = candidates.poll()) != null; ) {
      try {
        String authority = pods.metricsAddress(target, pod.ip()).toString();
        return new Answer(List.of(source.fetch(authority, Connection.KEPT)), failures);
      } catch (ScrapeFailedException e) {
        failures.add(e);
      }
    }
    return new Answer(List.of(), failures);
  }

  private Optional<Stat> throughService(Duration stableWindow)
      throws ScrapeFailedException, InterruptedException {
    int ready = readyPods().size();
    if (ready == 0) {
      return Optional.empty();
    }
    int sampleSize = ScrapeSample.sizeFor(ready);
    ServiceAnswers seen = new ServiceAnswers(sampleSize, stableWindow.toSeconds());
    List<Answer> answers = inParallel(sampleSize, () -> askService(seen));
    List<ScrapeFailedException> failures =
        answers.stream().flatMap(answer -> answer.failures().stream()).toList();
    for (ScrapeFailedException failure : failures) {
      // Too few different pods are no failure as long as there are enough of them altogether.
      if (failure.kind() != Kind.NO_UNSEEN_POD || seen.count() < sampleSize) {
        throw failure;
      }
    }
    return Optional.of(ScrapeSample.extrapolate(seen.sample(), sampleSize, ready));
  }

  private Answer askService(ServiceAnswers seen) throws InterruptedException {
    String authority = target.name() + "." + target.namespace() + ":" + METRICS_PORT;
    for (int attempt = 1; ; attempt++) {
      try {
        if (seen.suffices(source.fetch(authority, Connection.CLOSED))) {
          return new Answer(List.of(), List.of());
        }
      } catch (ScrapeFailedException e) {
        if (attempt >= MAX_SERVICE_ATTEMPTS) {
          return new Answer(List.of(), List.of(e));
        }
      }
    }
  }

  private List<ReadyPod> readyPods() throws ScrapeFailedException {
    return pods.pods(revision)
        .orElseThrow(() -> new ScrapeFailedException(Kind.NO_ENDPOINTS, "failed to get endpoints"))
        .ready();
  }

  private List<Answer> inParallel(int count, Worker worker) throws InterruptedException {
    List<Future<Answer>> started = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      started.add(workers.submit(worker::work));
    }
    List<Answer> answers = new ArrayList<>(count);
    for (Future<Answer> each : started) {
      try {
        answers.add(each.get());
      } catch (ExecutionException e) {
        throw new IllegalStateException("scraping " + revision + " failed", e.getCause());
      }
    }
    return answers;
  }

  /** Asks until it has what it needs. */
  @FunctionalInterface
  private interface Worker {
    Answer work() throws InterruptedException;
  }

  /** What one worker brought, and what went wrong on the way. */
  private record Answer(List<Stat> stats, List<ScrapeFailedException> failures) {}

  /** The different pods that answered through the Service. */
  private static final class ServiceAnswers {
    private final int sampleSize;
    private final long oldSeconds;
    private final Set<String> podNames = new HashSet<>();
    private final List<Stat> old = new ArrayList<>();
    private final List<Stat> young = new ArrayList<>();

    ServiceAnswers(int sampleSize, long oldSeconds) {
      this.sampleSize = sampleSize;
      this.oldSeconds = oldSeconds;
    }

    /**
     * Takes in an answer.
     *
     * @return whether the worker that got it is done; if not, an old pod may answer it next
     * @throws ScrapeFailedException if that pod has answered before
     */
    synchronized boolean suffices(Stat stat) throws ScrapeFailedException {
      if (!podNames.add(stat.podName())) {
        throw new ScrapeFailedException(
            Kind.NO_UNSEEN_POD, "did not receive stat from an unscraped pod");
      }
      if (stat.processUptime() >= oldSeconds) {
        old.add(stat);
        return true;
      }
      young.add(stat);
      return young.size() >= sampleSize;
    }

    synchronized int count() {
      return old.size() + young.size();
    }

    synchronized List<Stat> sample() {
      List<Stat> sample = new ArrayList<>(old);
      sample.addAll(young);
      return sample.subList(0, Math.min(sampleSize, sample.size()));
    }
  }
}
