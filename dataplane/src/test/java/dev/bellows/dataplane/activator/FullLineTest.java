package dev.bellows.dataplane.activator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Limits;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Http2Peer;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.stats.StatServer;
import io.netty.channel.EventLoopGroup;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** More requests at a Revision at zero than may wait for it. */
class FullLineTest {
  private static final RevisionId ID = new RevisionId("default", "hello-00001");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String[] REVISION = {
    "knative-serving-namespace", "default", "knative-serving-revision", "hello-00001"
  };

  @Test
  void aRequestTooManyIsToldWhenToComeAgain() throws Exception {
    EventLoopGroup loops = EventLoops.create("full-line-test", 2);
    List<Http2Peer> crowd = new ArrayList<>();
    try (ProxyEngine engine = new ProxyEngine(loops, System::nanoTime);
        StatServer autoscaler =
            StatServer.start(loops, "127.0.0.1", 0, _ -> true, InstantSource.system(), _ -> {});
        StatClient stats =
            StatClient.connect(loops, URI.create("ws://" + autoscaler.address()), new Random(1));
        Activator activator =
            Activator.start(
                engine,
                ActivatorConfigs.onLoopback("10.9.0.1"),
                stats,
                System::nanoTime,
                Random::new)) {
      activator
          .revisions()
          .onRevision(
              new Revision(
                  ID,
                  "hello",
                  "hello",
                  Protocol.HTTP1,
                  0,
                  PATIENCE.multipliedBy(5),
                  Duration.ZERO,
                  Duration.ZERO,
                  false,
                  false));
      String[] request =
          Stream.of(Http2Peer.request("GET", "/"), REVISION)
              .flatMap(Stream::of)
              .toArray(String[]::new);
      for (int sent = 0; sent < WaitingLine.LIMIT; ) {
        Http2Peer client = Http2Peer.client(activator.address());
        crowd.add(client);
        for (int i = 0; i < Limits.STREAMS_PER_CONNECTION && sent < WaitingLine.LIMIT; i++) {
          client.headers(2 * i + 1, true, request);
          sent++;
        }
      }
      await().atMost(PATIENCE).until(() -> queued(activator) == WaitingLine.LIMIT);

      try (Client late = new Client(activator.address())) {
        Client.Response response =
            late.send(
                    "GET / HTTP/1.1\r\nHost: h\r\nKnative-Serving-Namespace: "
                        + ID.namespace()
                        + "\r\nKnative-Serving-Revision: "
                        + ID.name()
                        + "\r\n\r\n")
                .response();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("retry-after")).isEqualTo("1");
        assertThat(response.body()).isEqualTo("pending request queue full\n");
      }
      for (Http2Peer each : crowd) {
        each.close();
      }
      await().atMost(PATIENCE).until(() -> queued(activator) == 0);
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  private static long queued(Activator activator) {
    return activator.counts().revisions().stream().mapToInt(each -> each.queued()).sum();
  }
}
