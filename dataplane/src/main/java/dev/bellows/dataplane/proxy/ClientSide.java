package dev.bellows.dataplane.proxy;

import dev.bellows.core.revision.Protocol;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The side of an exchange that asked, as the exchange sees it: a connection of HTTP/1.1, which it
 * has to itself for a while, or a stream of HTTP/2. Used on its event loop only.
 */
interface ClientSide {
  /** What the client speaks. */
  Protocol protocol();

  /** Where it came in. */
  Listener listener();

  /** What its event loop keeps. */
  LoopState loopState();

  /** The stages that its requests meet. */
  default List<Stage> chain() {
    return listener().chain();
  }

  /** The event loop of the connection. */
  default EventLoop loop() {
    return loopState().loop();
  }

  /** The connections to targets that speak a protocol, plainly or within TLS. */
  default UpstreamPool pool(Protocol protocol, @Nullable ClientTls tls) {
    return loopState().pool(protocol, tls);
  }

  default Deadlines deadlines() {
    return loopState().deadlines();
  }

  default long nowNanos() {
    return loopState().nowNanos();
  }

  /** Address of the peer, as it will stand in X-Forwarded-For. */
  String peerIp();

  /** Whether a read is being delivered, whose end will flush what was written. */
  boolean isReading();

  /** Whether it takes more of the response without piling it up. */
  boolean isWritable();

  /** Reads on, or stops, as the exchange {@link Exchange#wantsRequest() wants}. */
  void updateReading();

  /** Writes a 1xx, if the client may be sent one. */
  void writeInterim(HttpResponse response);

  /** Writes a whole response. */
  void writeAnswer(Exchange exchange, Answer answer);

  /** Writes the head of the final response, without what concerned the upstream's connection. */
  void writeResponse(Exchange exchange, HttpResponse response);

  /** Writes a piece of the response's body, or of what passes through a tunnel. */
  void write(Object content);

  void flush();

  /** Agrees to speak another protocol; from here on {@link #write} takes octets. */
  void becomeTunnel(HttpResponse response);

  /** The rest of the request cannot be placed: what comes of it after the response is not read. */
  void dropRestOfRequest();

  /** The exchange is over; after anything but {@link End#COMPLETE} the client must see a cut. */
  void onExchangeEnd(Exchange exchange, End end);
}
