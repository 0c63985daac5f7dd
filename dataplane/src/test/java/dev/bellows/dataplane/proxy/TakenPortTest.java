package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.core.route.Address;
import java.io.IOException;
import java.net.BindException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever starts the system reads from this exception which port is taken. */
class TakenPortTest extends ProxyFixture {
  @Test
  void aTakenPortIsNamedWhateverTheTransport() throws IOException {
    Address taken = listen();
    assertThatThrownBy(() -> engine.listen(taken.ip(), taken.port(), List.of()))
        .isInstanceOf(BindException.class)
        .hasMessageStartingWith("cannot listen on " + taken + ": ")
        .hasMessageContaining("in use");
  }
}
