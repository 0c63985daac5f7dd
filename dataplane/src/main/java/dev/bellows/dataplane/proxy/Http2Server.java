package dev.bellows.dataplane.proxy;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2Stream;

/** A client's connection of HTTP/2: each stream that the client begins is a request. */
final class Http2Server implements Http2Link.Owner {
  /** The stream of the request that asked for HTTP/2 (RFC 7540 §3.2). */
  private static final int UPGRADED_STREAM = 1;

  private final Listener listener;
  private final LoopState loopState;
  private final String peerIp;
  private final Http2Link link;

  Http2Server(Listener listener, LoopState loopState, String peerIp) {
    this.listener = listener;
    this.loopState = loopState;
    this.peerIp = peerIp;
    this.link = Http2Link.server(this, loopState);
  }

  /** The handler of its frames. */
  Http2Link link() {
    return link;
  }

  Listener listener() {
    return listener;
  }

  LoopState loopState() {
    return loopState;
  }

  String peerIp() {
    return peerIp;
  }

  /** Serves the request of HTTP/1.1 that asked for HTTP/2, whose stream there is by now. */
  void serveUpgraded(HttpRequest request) {
    Http2Stream stream = link.stream(UPGRADED_STREAM);
    if (stream != null) {
      ServerStream side = new ServerStream(this, link);
      side.bind(stream);
      side.begin(request, true);
    }
  }

  @Override
  public StreamSide onOpened(Http2Link from, Http2Stream stream) {
    ServerStream side = new ServerStream(this, link);
    side.bind(stream);
    return side;
  }

  @Override
  public void onStreamClosed() {
    // A client may keep its connection without streams for as long as it likes.
  }

  @Override
  public void onGoAway() {
    // It begins no more streams, and closes the connection when it has what it waits for.
  }

  @Override
  public void onInactive() {
    // Its streams have been told.
  }
}
