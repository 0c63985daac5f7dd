package dev.bellows.dataplane.proxy;

import dev.bellows.core.revision.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A request that one role of this JVM hands to another, on the same event loop: to the exchange
 * that asks (the outer one) it is what answers, and to the exchange that it begins in the other
 * role's chain (the inner one) it is the client. The messages themselves pass, so nothing is
 * written down to be read again, and nothing lies between the two: each end's back-pressure is the
 * other's.
 *
 * <p>What the outer exchange writes waits for its {@link #flush}, as it would in a socket's buffer,
 * so that the inner exchange never acts while the outer one is in the midst of something. The head
 * is the same object to both; the outer exchange does not look at it any more.
 */
final class Handover implements UpstreamSide {
  /** Who the inner exchange's peer is: this machine. */
  private static final String LOCAL_IP = "127.0.0.1";

  private static final int FEW_MESSAGES = 3;

  private final Listener listener;
  private final LoopState loopState;
  private final Protocol protocol;
  private final ArrayDeque<Object> written = new ArrayDeque<>(FEW_MESSAGES);
  private int writtenBytes;
  private @Nullable Exchange outer;
  private @Nullable Exchange inner;
  private boolean delivering;
  private boolean tunnel;
  private boolean over;

  /** Its neighbours among those of its listener and loop. */
  @Nullable Handover previous;

  @Nullable Handover next;

  Handover(Listener listener, LoopState loopState, Protocol protocol) {
    this.listener = listener;
    this.loopState = loopState;
    this.protocol = protocol;
  }

  /**
   * Hands an exchange to a listener of this JVM, which is what {@code protocol} says that it is
   * reached by; refuses if it has taken too many.
   */
  static void begin(Listener to, LoopState loopState, Protocol protocol, Exchange exchange) {
    Handover handover = new Handover(to, loopState, protocol);
    if (to.handovers(loopState).add(handover)) {
      exchange.onConnected(handover);
    } else {
      exchange.onForwardFailure(
          new ForwardFailure(
              to.address(), ForwardFailure.Reason.REFUSED, "too many requests at " + to.address()));
    }
  }

  // ---- what the outer exchange does

  @Override
  public void carry(Exchange exchange) {
    outer = exchange;
  }

  @Override
  public boolean reused() {
    return false;
  }

  @Override
  public void write(Object content) {
    if (over) {
      ReferenceCountUtil.release(content);
      return;
    }
    written.add(content);
    if (content instanceof ByteBufHolder piece) {
      hold(piece.content().readableBytes());
    } else if (content instanceof ByteBuf octets) {
      hold(octets.readableBytes());
    }
  }

  @Override
  public void flush() {
    if (delivering || written.isEmpty()) {
      return;
    }
    boolean carried = writtenBytes > 0;
    delivering = true;
    try {
      for (Object message = written.poll(); message != null; message = written.poll()) {
        deliver(message);
      }
    } finally {
      delivering = false;
    }
    hold(-writtenBytes); // the inner exchange holds it now, or has passed it on
    Exchange to = inner;
    if (to != null) {
      to.onRequestReadComplete();
    }
    Exchange from = outer;
    if (carried && from != null) {
      from.onUpstreamWritable();
    }
  }

  private void deliver(Object message) {
    Exchange to = inner;
    if (message instanceof HttpRequest request) {
      request.setProtocolVersion(
          switch (protocol) {
            case HTTP1 -> HttpVersion.HTTP_1_1;
            case H2C -> Http2Heads.HTTP_2;
          });
      Exchange begun = new Exchange(new Asking(), request, loopState.nowNanos());
      inner = begun;
      begun.start();
    } else if (to == null) {
      ReferenceCountUtil.release(message);
    } else if (message instanceof HttpContent content) {
      to.onRequestContent(content);
    } else {
      to.sendTunnelBytes(message);
    }
  }

  private boolean full() {
    return writtenBytes >= Limits.HELD_BODY_BYTES
        || (writtenBytes > 0 && !loopState.memory().hasRoom());
  }

  private void hold(int octets) {
    writtenBytes += octets;
    loopState.memory().hold(octets);
  }

  @Override
  public boolean isWritable() {
    Exchange to = inner;
    return !full() && (to == null || to.wantsRequest());
  }

  @Override
  public void setReading(boolean wanted) {
    Exchange to = inner;
    if (to != null) {
      to.onClientWritable(wanted);
    }
  }

  @Override
  public void abandon() {
    outer = null;
    cut();
  }

  /** Ends both exchanges, as a connection that closes would. */
  void cut() {
    Exchange to = inner;
    if (to == null) {
      end(End.CUT);
    } else {
      to.onClientGone();
    }
  }

  private void end(End how) {
    if (over) {
      return;
    }
    over = true;
    inner = null;
    listener.handovers(loopState).remove(this);
    for (Object message = written.poll(); message != null; message = written.poll()) {
      ReferenceCountUtil.release(message);
    }
    hold(-writtenBytes);
    Exchange to = outer;
    outer = null;
    if (to == null) {
      return;
    }
    if (tunnel) {
      to.onTunnelClosed();
    } else if (how == End.COMPLETE) {
      to.onResponseComplete();
    } else {
      to.onForwardFailure(
          new ForwardFailure(listener.address(), ForwardFailure.Reason.LOST, GoErrors.read(null)));
    }
  }

  /** The outer exchange, as the inner one sees it. */
  private final class Asking implements ClientSide {
    @Override
    public Protocol protocol() {
      return protocol;
    }

    @Override
    public Listener listener() {
      return listener;
    }

    @Override
    public LoopState loopState() {
      return loopState;
    }

    @Override
    public String peerIp() {
      return LOCAL_IP;
    }

    @Override
    public boolean isReading() {
      return delivering;
    }

    @Override
    public boolean isWritable() {
      Exchange to = outer;
      return to == null || to.clientWritable();
    }

    @Override
    public void updateReading() {
      Exchange from = outer;
      if (from != null) {
        from.onUpstreamWritable();
      }
    }

    @Override
    public void writeInterim(HttpResponse response) {
      Exchange to = outer;
      if (to != null) {
        to.onInterimResponse(response);
      }
    }

    @Override
    public void writeAnswer(Exchange answered, Answer answer) {
      writeResponse(
          answered,
          new DefaultHttpResponse(HttpVersion.HTTP_1_1, answer.status(), answer.framedHeaders()));
      boolean bodiless = answer.body().length == 0 || answered.headRequest();
      write(
          bodiless
              ? LastHttpContent.EMPTY_LAST_CONTENT
              : new DefaultLastHttpContent(Unpooled.wrappedBuffer(answer.body())));
    }

    @Override
    public void writeResponse(Exchange answered, HttpResponse response) {
      Exchange to = outer;
      if (to != null) {
        to.onResponse(response);
      }
    }

    @Override
    public void write(Object content) {
      Exchange to = outer;
      if (to == null) {
        ReferenceCountUtil.release(content);
      } else if (tunnel) {
        to.onTunnelBytes(content);
      } else {
        to.onResponseContent((HttpObject) content);
      }
    }

    @Override
    public void flush() {
      Exchange to = outer;
      if (to != null) {
        to.onResponseReadComplete();
      }
    }

    @Override
    public void becomeTunnel(HttpResponse response) {
      tunnel = true;
      Exchange to = outer;
      if (to != null) {
        to.onSwitched(response);
      }
    }

    @Override
    public void dropRestOfRequest() {
      // It is dropped after every response: nobody is left to take it.
    }

    @Override
    public void onExchangeEnd(Exchange ended, End how) {
      end(how);
    }
  }
}
