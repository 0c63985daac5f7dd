package dev.bellows.dataplane.proxy;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** A stream to a target. It is begun with the request's head and carries one exchange. */
final class UpstreamStream extends StreamSide implements UpstreamSide {
  private final Http2Upstream connection;
  private final boolean reused;
  private @Nullable Exchange exchange;
  private boolean begun;
  private boolean answered;

  UpstreamStream(Http2Upstream connection, Http2Link link, boolean reused) {
    super(link);
    this.connection = connection;
    this.reused = reused;
  }

  // ---- what the exchange does

  @Override
  public void carry(Exchange next) {
    exchange = next;
  }

  @Override
  public boolean reused() {
    return reused;
  }

  @Override
  public void write(Object content) {
    if (content instanceof HttpRequest request) {
      writeHead(Http2Heads.request(request));
    } else if (exchange == null) {
      ReferenceCountUtil.release(content);
    } else {
      super.write(content);
    }
  }

  @Override
  boolean opened() {
    if (begun) {
      return true;
    }
    begun = true;
    Http2Stream stream = connection.createStream();
    if (stream == null) {
      // Not from here: the exchange is in the midst of writing.
      link.channel().eventLoop().execute(() -> fail(ForwardFailure.Reason.REFUSED, "EOF"));
      return false;
    }
    bind(stream);
    return true;
  }

  @Override
  public void abandon() {
    exchange = null;
    if (begun) {
      breakOff(Http2Error.CANCEL);
    } else {
      begun = true;
      connection.onUnused();
    }
  }

  private void breakOff(Http2Error error) {
    if (reset(error)) {
      connection.onResetSent();
    }
  }

  // ---- what the target does

  @Override
  void onHeaders(Http2Headers headers, boolean last) {
    Exchange to = exchange;
    if (to == null) {
      return;
    }
    awaitReadEnd();
    if (answered) {
      onContent(Http2Heads.lastContent(headers));
      return;
    }
    HttpResponse response = Http2Heads.response(headers);
    boolean interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (response.decoderResult().isFailure()
        || (interim && (last || response.status().code() == 101))) {
      breakOff(Http2Error.PROTOCOL_ERROR);
      fail(ForwardFailure.Reason.MALFORMED, "malformed HTTP response");
    } else if (interim) {
      to.onInterimResponse(response);
    } else {
      answered = true;
      to.onResponse(response);
      if (last) {
        onContent(LastHttpContent.EMPTY_LAST_CONTENT);
      }
    }
  }

  @Override
  void onContent(HttpContent content) {
    Exchange to = exchange;
    if (to == null || !answered) {
      content.release();
    } else if (content.decoderResult().isFailure()) {
      content.release();
      breakOff(Http2Error.PROTOCOL_ERROR);
      fail(ForwardFailure.Reason.MALFORMED, "malformed HTTP response");
    } else if (content instanceof LastHttpContent) {
      to.onResponseContent(content);
      exchange = null;
      if (unfinished()) {
        breakOff(Http2Error.CANCEL); // it wants no more of the request
      }
      to.onResponseComplete();
    } else {
      to.onResponseContent(content);
    }
  }

  @Override
  void onReadDelivered() {
    Exchange to = exchange;
    if (to != null) {
      to.onResponseReadComplete();
    }
  }

  @Override
  void onWritable(boolean writable) {
    Exchange to = exchange;
    if (to != null) {
      to.onUpstreamWritable();
    }
  }

  @Override
  void onReset(@Nullable Http2Error error) {
    fail(
        error == Http2Error.REFUSED_STREAM
            ? ForwardFailure.Reason.REFUSED
            : ForwardFailure.Reason.LOST,
        GoErrors.stream(id(), error));
  }

  @Override
  void onClosed() {
    fail(
        connection.refused(id()) ? ForwardFailure.Reason.REFUSED : ForwardFailure.Reason.LOST,
        GoErrors.read(link.failure()));
  }

  private void fail(ForwardFailure.Reason reason, String message) {
    Exchange to = exchange;
    exchange = null;
    if (to != null) {
      to.onForwardFailure(new ForwardFailure(connection.target(), reason, message));
    }
  }
}
