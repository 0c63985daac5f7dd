package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Leaks;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;

/** An engine per test, and the promise that it gives back every buffer. */
abstract class ProxyFixture {
  static final EventLoopGroup LOOPS = EventLoops.create("proxy-test", 2);

  // JUnit makes an instance per test.
  final ProxyEngine engine = new ProxyEngine(LOOPS, System::nanoTime);

  @AfterEach
  void close() {
    engine.close();
  }

  @AfterAll
  static void leavesNothingBehind() {
    Leaks.assertNone();
  }

  Address proxyTo(Address target) throws IOException {
    return listen(exchange -> exchange.forward(target));
  }

  /** Two roles in one JVM: what holds over one hop must hold over two. */
  Address twoHopsTo(Address target) throws IOException {
    return proxyTo(proxyTo(target));
  }

  Address listen(Stage... chain) throws IOException {
    return engine.listen("127.0.0.1", 0, List.of(chain)).address();
  }

  static ConditionFactory await() {
    return Awaitility.await().pollInterval(Duration.ofMillis(2));
  }
}
