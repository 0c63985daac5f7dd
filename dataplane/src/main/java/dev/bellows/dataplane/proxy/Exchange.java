package dev.bellows.dataplane.proxy;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request on its way and the response to it.
 *
 * <p>States: <em>waiting</em> (with a stage; up to {@link Limits#HELD_BODY_BYTES} of the body are
 * held), <em>forwarding</em> (an upstream connection is being found or is attached), then
 * <em>started</em> (the head of the response has been written) and <em>ended</em>. All of it
 * happens on {@link #loop()}, and every method must be called there. Once ended, {@link #proceed},
 * {@link #answer}, {@link #forward} and {@link #abort} do nothing, so that a stage that waited need
 * not ask first; an {@link #onEnd} listener that comes too late is told at once.
 */
public final class Exchange {
  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

  private final ClientSide client;
  private final HttpRequest request;
  private final HttpVersion version;
  private final @Nullable String upgrade;
  private final long startNanos;

  private int nextStage;
  private @Nullable Object @Nullable [] attributes;
  private @Nullable List<EndListener> endListeners;

  private final RequestBody body;

  private boolean prepared;
  private @Nullable Address target;
  private Protocol protocol = Protocol.HTTP1;
  private @Nullable ClientTls tls;
  private FailureHandler failureHandler = FailureHandler.BAD_GATEWAY;
  private @Nullable Dial dial;
  private @Nullable UpstreamSide upstream;
  private boolean retriedStale;

  private int status;
  private boolean tunnel;
  private long lastProgressNanos;
  private long responseBytes;
  private boolean ended;
  private End end = End.COMPLETE;

  Exchange(ClientSide client, HttpRequest request, long nowNanos) {
    this.client = client;
    this.request = request;
    this.version = request.protocolVersion();
    this.startNanos = nowNanos;
    this.lastProgressNanos = nowNanos;
    this.upgrade = HopByHop.upgrade(request.headers());
    this.body = new RequestBody(client.loopState().memory());
  }

  // ---- what a stage reads

  /** The method, target and headers of the request. */
  public HttpRequest request() {
    return request;
  }

  /** The request's headers, as they will be forwarded: a stage may change them until then. */
  public HttpHeaders headers() {
    return request.headers();
  }

  /** What the client speaks: HTTP/1.0, HTTP/1.1 or HTTP/2.0. */
  public HttpVersion version() {
    return version;
  }

  /** The Host header, with its port if it has one; empty if there is none (HTTP/1.0). */
  public String host() {
    String host = request.headers().get(HeaderNames.HOST);
    return host == null ? "" : host;
  }

  /** The address of who sent the request, as it will stand in X-Forwarded-For. */
  public String peerIp() {
    return client.peerIp();
  }

  /** Monotonic instant of the request's arrival, in nanoseconds of the engine's clock. */
  public long startNanos() {
    return startNanos;
  }

  /** Now, in nanoseconds of the engine's monotonic clock. */
  public long nowNanos() {
    return client.nowNanos();
  }

  Deadlines deadlines() {
    return client.deadlines();
  }

  /** The thread of this exchange. */
  public EventLoop loop() {
    return client.loop();
  }

  /** What an earlier stage left under a key, or null. */
  public <T> @Nullable T get(Key<T> key) {
    @Nullable Object[] values = attributes;
    if (values == null || key.index >= values.length) {
      return null;
    }
    @SuppressWarnings("unchecked") // put is the only writer and demands the key's own type
    T value = (T) values[key.index];
    return value;
  }

  /** Leaves something for later stages. */
  public <T> void put(Key<T> key, T value) {
    @Nullable Object[] values = attributes;
    if (values == null || key.index >= values.length) {
      @Nullable Object[] grown = new Object[Math.max(Key.count(), key.index + 1)];
      if (values != null) {
        System.arraycopy(values, 0, grown, 0, values.length);
      }
      attributes = grown;
      values = grown;
    }
    values[key.index] = value;
  }

  /** Status of the final response once it has started, else 0; 101 for a tunnel. */
  public int status() {
    return status;
  }

  /** Octets of the request's body that have come so far. */
  public long requestBytes() {
    return body.bytes();
  }

  /** Octets of the response's body that have been written so far; none of a tunnel's. */
  public long responseBytes() {
    return responseBytes;
  }

  /** Whether the head of the final response has been written: it can no longer be replaced. */
  public boolean responseStarted() {
    return status != 0;
  }

  /** Whether the exchange has become a tunnel (101 Switching Protocols). */
  public boolean upgraded() {
    return tunnel;
  }

  /**
   * Monotonic instant at which something of the response was last written, or passed through the
   * tunnel in either direction; {@link #startNanos()} if nothing was yet.
   */
  public long lastProgressNanos() {
    return lastProgressNanos;
  }

  /** Whether it is over. */
  public boolean ended() {
    return ended;
  }

  // ---- what a stage does

  /** Hands the exchange to the next stage. */
  public void proceed() {
    assert loop().inEventLoop();
    if (ended) {
      return;
    }
    List<Stage> chain = client.chain();
    if (nextStage == chain.size()) {
      throw new IllegalStateException("the last stage of the chain must forward or answer");
    }
    Stage stage = chain.get(nextStage++);
    try {
      stage.handle(this);
    } catch (RuntimeException e) {
      LOG.error("{} {} failed in {}", request.method(), host() + request.uri(), stage, e);
      if (responseStarted()) {
        abort();
      } else {
        answer(Answer.empty(500));
      }
    }
  }

  /**
   * Registers who is told when the exchange is over. If it is over already, it is told now.
   *
   * @param listener told once; listeners run last registered first
   */
  public void onEnd(EndListener listener) {
    if (ended) {
      listener.onEnd(this, end);
      return;
    }
    List<EndListener> listeners = endListeners;
    if (listeners == null) {
      listeners = new ArrayList<>(4);
      endListeners = listeners;
    }
    listeners.add(listener);
  }

  /**
   * Answers without an upstream. What is in progress upstream is broken off; if a response has
   * started already, the exchange is {@link #abort() cut} instead, since a second head would be a
   * lie.
   */
  public void answer(Answer answer) {
    assert loop().inEventLoop();
    if (ended) {
      return;
    }
    if (responseStarted()) {
      abort();
      return;
    }
    leaveUpstream();
    status = answer.status().code();
    responseBytes = answer.body().length;
    client.writeAnswer(this, answer);
    end(End.COMPLETE);
  }

  /** Ends the exchange at once; the client sees its connection break off. */
  public void abort() {
    assert loop().inEventLoop();
    end(End.CUT);
  }

  /** Forwards the request; a failure is answered as the original does, 502 with its text. */
  public void forward(Address to) {
    forward(to, FailureHandler.BAD_GATEWAY);
  }

  /** Forwards the request in the protocol in which it came (data-plane spec §1.1). */
  public void forward(Address to, FailureHandler onFailure) {
    forward(to, client.protocol(), onFailure);
  }

  /**
   * Forwards the request and, as they come, its body one way and the response the other.
   *
   * @param to where to
   * @param by what the target speaks; a request for an upgrade goes there in HTTP/1.1 all the same
   * @param onFailure decides if no response comes; may forward again what was never sent
   */
  public void forward(Address to, Protocol by, FailureHandler onFailure) {
    forward(to, by, null, onFailure);
  }

  /**
   * Forwards the request in the protocol in which it came.
   *
   * @param within how TLS is spoken there, or null if it is not
   */
  public void forward(Address to, @Nullable ClientTls within, FailureHandler onFailure) {
    forward(to, client.protocol(), within, onFailure);
  }

  /** Forwards the request in a protocol, plainly or within TLS. */
  public void forward(
      Address to, Protocol by, @Nullable ClientTls within, FailureHandler onFailure) {
    assert loop().inEventLoop();
    if (ended) {
      return;
    }
    if (upstream != null || dial != null || responseStarted()) {
      throw new IllegalStateException("the exchange is being forwarded to " + target + " already");
    }
    target = to;
    protocol = upgrade == null ? by : Protocol.HTTP1; // HTTP/2 knows no upgrade (ADR 0048)
    failureHandler = onFailure;
    tls = within;
    prepare(to);
    client.pool(protocol, within).acquire(to, this, true);
  }

  private void prepare(Address to) {
    if (prepared) {
      return;
    }
    prepared = true;
    HttpHeaders headers = request.headers();
    HopByHop.strip(headers);
    HopByHop.appendForwardedFor(headers, client.peerIp());
    if (upgrade != null) {
      HopByHop.setUpgrade(headers, upgrade);
    }
    if (!version.equals(HttpVersion.HTTP_1_1)) {
      request.setProtocolVersion(HttpVersion.HTTP_1_1);
      if (!headers.contains(HeaderNames.HOST)) {
        headers.set(HeaderNames.HOST, to.toString()); // HTTP/1.0 may go without
      }
    }
  }

  // ---- what the client's connection tells

  void start() {
    proceed();
  }

  /** Takes over the content, held or written upstream. */
  void onRequestContent(HttpContent content) {
    if (content.decoderResult().isFailure()) {
      content.release();
      onMalformedBody(content.decoderResult().cause());
      return;
    }
    UpstreamSide to = upstream;
    if (to != null && tunnel) {
      touch();
    }
    body.take(content, to);
  }

  private void onMalformedBody(Throwable cause) {
    // The upstream must not take what it has for the whole: its connection ends with the request.
    if (responseStarted()) {
      abort();
    } else {
      answer(RequestCheck.malformed(cause));
    }
  }

  void onRequestReadComplete() {
    UpstreamSide to = upstream;
    if (to != null) {
      to.flush();
    }
  }

  boolean requestComplete() {
    return body.complete();
  }

  /** Whether more of the request may be read: there is room for it here or upstream. */
  boolean wantsRequest() {
    UpstreamSide to = upstream;
    return to != null ? to.isWritable() : body.hasRoom();
  }

  void onClientGone() {
    end(End.CLIENT_LEFT);
  }

  boolean clientWritable() {
    return client.isWritable();
  }

  void onClientWritable(boolean writable) {
    UpstreamSide from = upstream;
    if (from != null) {
      from.setReading(writable);
    }
  }

  // ---- what the pool and the upstream connection tell

  void onDialing(Dial dialing) {
    dial = dialing;
  }

  void onConnected(UpstreamSide side) {
    dial = null;
    upstream = side;
    side.carry(this);
    side.write(request);
    body.sendTo(side);
    if (!client.isReading()) {
      side.flush();
      client.updateReading();
    }
  }

  void onForwardFailure(ForwardFailure failure) {
    boolean reused = upstream != null && upstream.reused();
    dial = null;
    upstream = null;
    if (ended) {
      return;
    }
    if (responseStarted()) {
      end(End.CUT);
    } else if (mayBeSentAgain(failure, reused)) {
      retriedStale = true;
      client.pool(protocol, tls).acquire(failure.target(), this, false);
    } else {
      if (body.sent() && !body.complete()) {
        client.dropRestOfRequest();
      }
      failureHandler.onFailure(this, failure);
    }
  }

  /** Whether the request may be sent to the same target once more, over a fresh connection. */
  private boolean mayBeSentAgain(ForwardFailure failure, boolean reused) {
    if (retriedStale || body.sent()) {
      return false;
    }
    return switch (failure.reason()) {
      case REFUSED -> true; // the target has not looked at it
      case LOST -> reused && replayable();
      case NOT_CONNECTED, MALFORMED -> false;
    };
  }

  /**
   * Whether the request may be sent again after the pooled connection turned out to be closed:
   * without a body, and of a method that changes nothing (RFC 9110 §9.2.1).
   */
  private boolean replayable() {
    HttpMethod method = request.method();
    boolean safe =
        HttpMethod.GET.equals(method)
            || HttpMethod.HEAD.equals(method)
            || HttpMethod.OPTIONS.equals(method)
            || HttpMethod.TRACE.equals(method);
    return safe
        && body.complete()
        && upgrade == null
        && !request.headers().contains(HeaderNames.TRANSFER_ENCODING);
  }

  void onUpstreamWritable() {
    client.updateReading();
  }

  void onInterimResponse(HttpResponse response) {
    touch();
    client.writeInterim(response);
  }

  /** The head of the final response. */
  void onResponse(HttpResponse response) {
    touch();
    status = response.status().code();
    client.writeResponse(this, response);
  }

  void onResponseContent(HttpObject content) {
    touch();
    if (content instanceof HttpContent piece) {
      responseBytes += piece.content().readableBytes();
    }
    client.write(content);
  }

  /** The response has been written whole; the upstream connection is on its own again. */
  void onResponseComplete() {
    upstream = null;
    end(End.COMPLETE);
  }

  void onResponseReadComplete() {
    client.flush();
    UpstreamSide from = upstream;
    if (from != null) {
      // After the flush, not before: it may have made the client writable again already.
      from.setReading(client.isWritable());
    }
  }

  /** The upstream has agreed to speak another protocol: from here on bytes pass as they are. */
  void onSwitched(HttpResponse response) {
    touch();
    status = 101;
    tunnel = true;
    client.becomeTunnel(response);
  }

  void onTunnelBytes(Object bytes) {
    touch();
    client.write(bytes);
  }

  void sendTunnelBytes(Object bytes) {
    UpstreamSide to = upstream;
    if (to == null) {
      ReferenceCountUtil.release(bytes);
      return;
    }
    touch();
    to.write(bytes);
  }

  void onTunnelClosed() {
    upstream = null;
    end(End.COMPLETE);
  }

  // ---- what the connection asks for writing a response

  @Nullable String upgradeAsked() {
    return upgrade;
  }

  boolean headRequest() {
    return HttpMethod.HEAD.equals(request.method());
  }

  private void touch() {
    lastProgressNanos = client.nowNanos();
  }

  private void leaveUpstream() {
    Dial dialing = dial;
    dial = null;
    if (dialing != null) {
      dialing.cancel(this);
    }
    UpstreamSide to = upstream;
    upstream = null;
    if (to != null) {
      to.abandon();
    }
  }

  private void end(End how) {
    if (ended) {
      return;
    }
    ended = true;
    end = how;
    leaveUpstream();
    body.release();
    tellListeners();
    client.onExchangeEnd(this, how);
  }

  private void tellListeners() {
    List<EndListener> listeners = endListeners;
    endListeners = null;
    if (listeners == null) {
      return;
    }
    for (int i = listeners.size() - 1; i >= 0; i--) {
      try {
        listeners.get(i).onEnd(this, end);
      } catch (RuntimeException e) {
        // The others still must give back what they took.
        LOG.error("{} failed at the end of an exchange", listeners.get(i), e);
      }
    }
  }

  /** {@code GET host/path}, for logs. */
  @Override
  public String toString() {
    return request.method() + " " + host() + request.uri();
  }
}
