package dev.bellows.dataplane.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();

  @BeforeEach
  void addHeartbeatAtTimeZero() {
    channel.freezeTime();
    channel.pipeline().addLast(new Heartbeat());
  }

  @Test
  void pingsThreeTimesInTenSeconds() {
    pass(3333);
    assertThat(channel.<Object>readOutbound()).isNull();
    pass(1);
    assertThat(channel.<Object>readOutbound()).isInstanceOf(PingWebSocketFrame.class);
    assertThat(channel.<Object>readOutbound()).isNull();
    pass(6665);
    assertThat(channel.<Object>readOutbound()).isInstanceOf(PingWebSocketFrame.class);
  }

  @Test
  void closesTenSecondsAfterTheLastPong() {
    pass(9000);
    channel.writeInbound(new PongWebSocketFrame());
    pass(9999);
    assertThat(channel.isOpen()).isTrue();
    pass(1);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void otherFramesAreNoSignOfLife() {
    pass(9999);
    channel.writeInbound(new TextWebSocketFrame("still here"));
    pass(1);
    assertThat(channel.isOpen()).isFalse();
    assertThat(channel.<Object>readInbound()).isInstanceOf(TextWebSocketFrame.class);
  }

  private void pass(long millis) {
    channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
    channel.runPendingTasks();
    channel.runScheduledPendingTasks();
  }
}
