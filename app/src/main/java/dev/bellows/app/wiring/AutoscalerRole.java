package dev.bellows.app.wiring;

import dev.bellows.app.telemetry.SystemMetrics;
import dev.bellows.controlplane.Autoscaling;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.bucket.BucketLeases;
import dev.bellows.controlplane.bucket.Ownership;
import dev.bellows.controlplane.reconcile.podautoscaler.ProbeAddresses;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.stat.StatMessage;
import dev.bellows.dataplane.stats.StatForwarder;
import dev.bellows.dataplane.stats.StatForwarder.Owner;
import dev.bellows.dataplane.stats.StatForwarder.Owners;
import dev.bellows.dataplane.stats.StatServer;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** An autoscaler with the socket at which activators report to it. */
final class AutoscalerRole implements Role {
  /** Where autoscalers take statistics, each at its own address (data-plane spec §5.5). */
  private static final int STATS_PORT = 8080;

  private final Autoscaling autoscaling;
  private final Address address;
  private final Closing closing;
  private final Runnable beginning;

  private AutoscalerRole(
      Autoscaling autoscaling, Address address, Closing closing, Runnable beginning) {
    this.autoscaling = autoscaling;
    this.address = address;
    this.closing = closing;
    this.beginning = beginning;
  }

  /**
   * The only autoscaler of its cluster: opens the port; nothing is decided before {@link #run}.
   *
   * @param ip literal to listen on
   * @param port to listen on; 0 = any free one
   * @param activators where to ask for them
   * @throws IOException if the port cannot be opened
   */
  static AutoscalerRole alone(
      ControlPlane controlPlane,
      EventLoopGroup loops,
      String ip,
      int port,
      ProbeAddresses activators)
      throws IOException {
    Closing closing = new Closing();
    Autoscaling autoscaling = autoscaling(controlPlane, activators, Ownership.ofAll(), closing);
    StatServer server =
        server(
            controlPlane,
            loops,
            ip,
            port,
            _ -> true,
            messages -> messages.forEach(autoscaling::record),
            closing);
    return new AutoscalerRole(autoscaling, server.address(), closing, () -> {});
  }

  /**
   * One of several autoscalers, which share the Revisions by buckets.
   *
   * @param leases says which are its own; closed with it
   * @param owners says where to bring the statistics of the others
   */
  static AutoscalerRole sharing(
      ControlPlane controlPlane,
      EventLoopGroup loops,
      String ip,
      int port,
      ProbeAddresses activators,
      BucketLeases leases,
      Owners owners)
      throws IOException {
    Closing closing = new Closing();
    closing.add(leases); // given back last, when nothing is decided here any more
    Autoscaling autoscaling = autoscaling(controlPlane, activators, leases, closing);
    leases.handsOver(autoscaling);
    StatForwarder forwarder =
        closing.add(
            new StatForwarder(
                loops,
                owners,
                autoscaling::record,
                controlPlane.clock(),
                RandomGenerator.getDefault()));
    StatServer server =
        server(controlPlane, loops, ip, port, leases::owns, forwarder::accept, closing);
    return new AutoscalerRole(autoscaling, server.address(), closing, leases::start);
  }

  private static Autoscaling autoscaling(
      ControlPlane controlPlane, ProbeAddresses activators, Ownership ownership, Closing closing) {
    return closing.add(
        new Autoscaling(controlPlane, activators, ownership, RandomGenerator.getDefault()));
  }

  private static StatServer server(
      ControlPlane controlPlane,
      EventLoopGroup loops,
      String ip,
      int port,
      Predicate<String> ownsBucket,
      Consumer<List<StatMessage>> sink,
      Closing closing)
      throws IOException {
    try {
      return closing.add(StatServer.start(loops, ip, port, ownsBucket, controlPlane.clock(), sink));
    } catch (IOException e) {
      closing.close();
      throw e;
    }
  }

  /**
   * Where statistics are brought, by what the Leases say.
   *
   * @param bucketHost the host name of a bucket; empty where names lead nowhere
   */
  static Owners owners(BucketLeases leases, Function<String, Optional<String>> bucketHost) {
    return new Owners() {
      @Override
      public String bucket(RevisionId revision) {
        return leases.bucket(new Key(revision.namespace(), revision.name()));
      }

      @Override
      public Optional<Owner> owner(String bucket) {
        if (leases.owns(bucket)) {
          return Optional.of(new Owner.Here());
        }
        return leases
            .otherHolder(bucket)
            .map(holder ->
                new Owner.At(
                    Stream.concat(
                            Stream.of(bracketed(holder.podIp())), bucketHost.apply(bucket).stream())
                        .map(host -> URI.create("ws://" + host + ":" + STATS_PORT))
                        .toList()));
      }
    };
  }

  private static String bracketed(String ip) {
    return ip.contains(":") ? "[" + ip + "]" : ip;
  }

  /** Scrapes and decides. */
  @Override
  public void run() {
    beginning.run();
    autoscaling.start();
  }

  Address address() {
    return address;
  }

  /** Nobody waits for a decision: who reports is told to look for another when this is closed. */
  @Override
  public CompletionStage<Void> drain(Duration lameDuck) {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public SystemMetrics addTo(SystemMetrics page) {
    return page.decisions(autoscaling.decisionGauges()).pods(autoscaling.podGauges());
  }

  @Override
  public String where() {
    return "statistics at ws://" + address();
  }

  Autoscaling autoscaling() {
    return autoscaling;
  }

  @Override
  public void close() {
    closing.close();
  }
}
