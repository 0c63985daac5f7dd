package dev.bellows.bench.proxy;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does the engine cost for a request: read and answered by a stage; handed to a second role of
 * the JVM, which answers; forwarded over a socket to another engine, which answers? Fifty requests
 * are sent at once on one connection, so that little of the client and of the kernel is in it.
 * Expected: some microseconds each; budget: 4 KiB allocated per forwarded request (what the engine
 * at its end allocates is in it: subtract that of {@link #answer}).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ForwardBenchmark {
  private static final int AT_ONCE = 50;
  private static final byte[] REQUESTS =
      """
      GET / HTTP/1.1\r
      Host: hello.default.example.com\r
      User-Agent: benchmark\r
      Accept: */*\r
      \r
      """
          .repeat(AT_ONCE)
          .getBytes(StandardCharsets.US_ASCII);

  private static final Answer OK = Answer.text(200, "ok");

  private final EventLoopGroup loops = EventLoops.create("forward", 1);
  private final ProxyEngine engine = new ProxyEngine(loops, System::nanoTime);
  private final ProxyEngine program = new ProxyEngine(loops, System::nanoTime);
  private Client answering = Client.NONE;
  private Client handing = Client.NONE;
  private Client forwarding = Client.NONE;

  @Setup
  public void listen() throws IOException {
    Address answer = listener(engine, exchange -> exchange.answer(OK));
    Address elsewhere = listener(program, exchange -> exchange.answer(OK));
    answering = new Client(answer);
    handing = new Client(listener(engine, exchange -> exchange.forward(answer)));
    forwarding = new Client(listener(engine, exchange -> exchange.forward(elsewhere)));
  }

  private static Address listener(ProxyEngine on, java.util.function.Consumer<Exchange> stage)
      throws IOException {
    Listener listener = on.listen("127.0.0.1", 0, List.of(stage::accept));
    return listener.address();
  }

  @Benchmark
  @OperationsPerInvocation(AT_ONCE)
  public int answer() throws IOException {
    return answering.ask();
  }

  @Benchmark
  @OperationsPerInvocation(AT_ONCE)
  public int handOver() throws IOException {
    return handing.ask();
  }

  @Benchmark
  @OperationsPerInvocation(AT_ONCE)
  public int forward() throws IOException {
    return forwarding.ask();
  }

  @TearDown
  public void close() throws IOException {
    for (Client each : List.of(answering, handing, forwarding)) {
      each.close();
    }
    engine.close();
    program.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** Sends all requests at once and reads until as many answers have come; allocates nothing. */
  private static final class Client {
    static final Client NONE = new Client();

    private final Socket socket;
    private final byte[] read = new byte[1 << 16];

    private Client() {
      socket = new Socket();
    }

    Client(Address to) throws IOException {
      socket = new Socket(to.ip(), to.port());
      socket.setTcpNoDelay(true);
    }

    int ask() throws IOException {
      socket.getOutputStream().write(REQUESTS);
      InputStream in = socket.getInputStream();
      int answers = 0;
      byte last = 0;
      while (answers < AT_ONCE) {
        int length = in.read(read);
        if (length < 0) {
          throw new IOException("closed after " + answers + " answers");
        }
        for (int i = 0; i < length; i++) {
          // The body, and nothing else in an answer, is "ok".
          if (last == 'o' && read[i] == 'k') {
            answers++;
          }
          last = read[i];
        }
      }
      return answers;
    }

    void close() throws IOException {
      socket.close();
    }
  }
}
