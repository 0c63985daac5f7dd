package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import io.netty.channel.DefaultChannelId;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ListenerTest {
  @Test
  void aConnectionTooManyIsClosedAndOneThatEndsMakesRoom() {
    EventLoopGroup loops = EventLoops.create("test", 1);
    try (ProxyEngine engine = new ProxyEngine(loops, System::nanoTime)) {
      Listener listener = new Listener(engine, new Address("127.0.0.1", 1), List.of(), 1);
      EmbeddedChannel first = accept(listener);
      for (int i = 1; i < Limits.CONNECTIONS_PER_LISTENER; i++) {
        assertThat(accept(listener).isOpen()).isTrue();
      }

      assertThat(accept(listener).isOpen()).isFalse();
      first.close();
      assertThat(accept(listener).isOpen()).isTrue();
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  private static EmbeddedChannel accept(Listener listener) {
    EmbeddedChannel connection = new EmbeddedChannel(DefaultChannelId.newInstance());
    listener.accepted(connection);
    return connection;
  }
}
