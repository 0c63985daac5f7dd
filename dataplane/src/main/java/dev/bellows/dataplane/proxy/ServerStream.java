package dev.bellows.dataplane.proxy;

import dev.bellows.core.revision.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/** A client's stream: one request and the response to it. */
final class ServerStream extends StreamSide implements ClientSide {
  private final Http2Server connection;
  private @Nullable Exchange exchange;
  private RequestMemory.@Nullable Share share;
  private boolean begun;

  ServerStream(Http2Server connection, Http2Link link) {
    super(link);
    this.connection = connection;
  }

  // ---- reading

  @Override
  void onHeaders(Http2Headers headers, boolean last) {
    if (begun) {
      onContent(Http2Heads.lastContent(headers));
    } else {
      begin(Http2Heads.request(headers, last), last);
    }
  }

  /** Starts the exchange of a request. */
  void begin(HttpRequest request, boolean last) {
    begun = true;
    Exchange started = new Exchange(this, request, nowNanos());
    exchange = started;
    awaitReadEnd();
    RequestMemory.Share mine = loopState().memory().share(link.channel());
    share = mine;
    boolean room = mine.whole(RequestMemory.cost(request));
    Answer refusal = RequestCheck.refuseHttp2(request);
    if (refusal == null && !room) {
      refusal = RequestCheck.tooMuch();
    }
    if (refusal != null) {
      started.answer(refusal);
      return;
    }
    started.start();
    if (last) {
      onContent(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  @Override
  void onContent(HttpContent content) {
    Exchange to = exchange;
    if (to == null) {
      content.release();
      setReading(false); // it has its response: the rest may come no further than its window
    } else {
      to.onRequestContent(content);
      updateReading();
    }
  }

  @Override
  void onReadDelivered() {
    Exchange to = exchange;
    if (to != null) {
      to.onRequestReadComplete();
    }
  }

  @Override
  void onReset(@Nullable Http2Error error) {
    onClosed();
  }

  @Override
  void onClosed() {
    Exchange left = exchange;
    if (left != null) {
      left.onClientGone();
    }
  }

  @Override
  void onWritable(boolean writable) {
    Exchange to = exchange;
    if (to != null) {
      to.onClientWritable(writable);
    }
  }

  // ---- what the exchange asks

  @Override
  public Protocol protocol() {
    return Protocol.H2C;
  }

  @Override
  public Listener listener() {
    return connection.listener();
  }

  @Override
  public LoopState loopState() {
    return connection.loopState();
  }

  @Override
  public String peerIp() {
    return connection.peerIp();
  }

  @Override
  public boolean isReading() {
    return link.isReading();
  }

  @Override
  public void updateReading() {
    Exchange to = exchange;
    setReading(to != null && to.wantsRequest());
  }

  // ---- writing

  @Override
  boolean opened() {
    return true; // the client has opened it
  }

  @Override
  public void writeInterim(HttpResponse response) {
    HopByHop.strip(response.headers());
    sendHeaders(Http2Heads.response(response.status(), response.headers()), false);
  }

  @Override
  public void writeAnswer(Exchange answered, Answer answer) {
    boolean bodiless = answer.body().length == 0 || answered.headRequest();
    sendHeaders(Http2Heads.response(answer.status(), answer.framedHeaders()), bodiless);
    if (!bodiless) {
      ByteBuf body = link.channel().alloc().buffer(answer.body().length);
      send(body.writeBytes(answer.body()), true);
    }
  }

  @Override
  public void writeResponse(Exchange answered, HttpResponse response) {
    HopByHop.strip(response.headers());
    writeHead(Http2Heads.response(response.status(), response.headers()));
  }

  @Override
  public void becomeTunnel(HttpResponse response) {
    throw new IllegalStateException("a stream of HTTP/2 asks for no other protocol");
  }

  @Override
  public void dropRestOfRequest() {
    // Nothing to remember: it is dropped after every response, at no cost to other streams.
  }

  @Override
  public void onExchangeEnd(Exchange ended, End how) {
    exchange = null;
    RequestMemory.Share mine = share;
    if (mine != null) {
      mine.giveBack();
    }
    switch (how) {
      case COMPLETE -> {
        if (peerMaySend()) {
          resetAfterLastWrite();
        }
        link.flushSoon();
      }
      case CUT -> reset(Http2Error.INTERNAL_ERROR);
      case CLIENT_LEFT -> {} // and took the stream with it
    }
  }
}
