package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bodies that are received, or worked on, have a room that they cannot exceed. */
class DoorTest {
  private static final int PART = 256 << 10;

  @TempDir private Path home;
  private TestServer server;
  private Authentication authentication;
  private final Visitors visitors = new Visitors();
  private final Door.Bodies bodies = new Door.Bodies();
  private final List<EmbeddedChannel> connections = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    server = new TestServer(home);
    authentication = server.server.authentication();
  }

  @AfterEach
  void stop() {
    connections.forEach(EmbeddedChannel::finishAndReleaseAll);
    server.close();
  }

  private EmbeddedChannel connect() {
    EmbeddedChannel connection = new EmbeddedChannel();
    visitors.arrived(connection);
    connection.pipeline().addLast(new Door(authentication::bearer, visitors, bodies));
    connections.add(connection);
    return connection;
  }

  private EmbeddedChannel send(String token) {
    EmbeddedChannel connection = connect();
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
    head.headers().set("Authorization", "Bearer " + token);
    connection.writeInbound(head);
    return connection;
  }

  /** Sends parts until they are refused; how many were let in. */
  private static int fill(EmbeddedChannel connection, int most) {
    for (int let = 0; let < most; let++) {
      connection.writeInbound(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[PART])));
      Object answer = connection.readOutbound();
      if (answer instanceof FullHttpResponse refusal) {
        assertThat(refusal.status().code()).isEqualTo(429);
        assertThat(refusal.headers().get("Retry-After")).isEqualTo("1");
        refusal.release();
        return let;
      }
    }
    return most;
  }

  private String ownersToken() {
    return server.server.token(ApiServer.Role.ADMIN);
  }

  @Test
  void strangersHaveASmallRoomOfTheirOwn() {
    EmbeddedChannel stranger = send("wrong");
    assertThat(fill(stranger, 100)).isEqualTo(Door.MAX_STRANGERS_BODIES_BYTES / PART);

    assertThat(fill(send(ownersToken()), 12)).isEqualTo(12);
    stranger.advanceTimeBy(10, TimeUnit.SECONDS);
    stranger.runScheduledPendingTasks();
    assertThat(stranger.isOpen()).isFalse();
  }

  @Test
  void bodiesBeyondTheRoomAreRefusedUntilOthersAreAnswered() {
    int parts = Door.MAX_BODIES_BYTES / PART;
    EmbeddedChannel first = send(ownersToken());
    assertThat(fill(first, parts)).isEqualTo(parts);
    assertThat(fill(send(ownersToken()), 1)).isZero();

    first.writeInbound(LastHttpContent.EMPTY_LAST_CONTENT);
    assertThat(fill(send(ownersToken()), 1)).isZero();
    first.writeOutbound(
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
    assertThat(fill(send(ownersToken()), 1)).isZero();
    first.writeOutbound(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
    ReferenceCountUtil.release(first.readOutbound());

    assertThat(fill(send(ownersToken()), parts)).isEqualTo(parts);
  }

  @Test
  void whoLeavesGivesHisRoomBack() {
    int parts = Door.MAX_BODIES_BYTES / PART;
    EmbeddedChannel first = send(ownersToken());
    fill(first, parts);

    first.close();

    assertThat(fill(send(ownersToken()), parts)).isEqualTo(parts);
  }
}
