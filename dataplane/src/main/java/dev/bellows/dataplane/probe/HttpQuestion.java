package dev.bellows.dataplane.probe;

import dev.bellows.dataplane.proxy.HeaderNames;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** Sends one GET and keeps the status and the beginning of the body of what comes back. */
final class HttpQuestion extends SimpleChannelInboundHandler<HttpObject> {
  /** What the original's prober calls itself (data-plane spec §3.6). */
  private static final String USER_AGENT = "kube-probe//";

  private final Probe.HttpGet probe;
  private final CompletableFuture<ProbeResult> result;
  private final StringBuilder body = new StringBuilder();
  private int status;

  HttpQuestion(Probe.HttpGet probe, CompletableFuture<ProbeResult> result) {
    this.probe = probe;
    this.result = result;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    DefaultFullHttpRequest request =
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, probe.target());
    request.headers().set(HeaderNames.HOST, probe.address().toString());
    request.headers().set(HeaderNames.USER_AGENT, USER_AGENT);
    request.headers().set(HeaderNames.CONNECTION, "close");
    probe.headers().forEach(header -> request.headers().set(header.getKey(), header.getValue()));
    ctx.writeAndFlush(request, ctx.voidPromise());
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
    if (message.decoderResult().isFailure()) {
      fail("malformed HTTP response");
      return;
    }
    if (message instanceof HttpResponse response) {
      status = response.status().code();
    }
    if (message instanceof HttpContent content) {
      ByteBuf bytes = content.content();
      int room = Prober.BODY_BYTES - body.length();
      body.append(
          bytes.toString(
              bytes.readerIndex(),
              Math.min(room, bytes.readableBytes()),
              StandardCharsets.ISO_8859_1));
      boolean interim = HttpStatusClass.valueOf(status) == HttpStatusClass.INFORMATIONAL;
      if (!interim && (message instanceof LastHttpContent || body.length() == Prober.BODY_BYTES)) {
        result.complete(new ProbeResult.Answered(status, body.toString()));
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail("closed without an answer");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(String.valueOf(cause.getMessage()));
  }

  private void fail(String reason) {
    result.complete(new ProbeResult.Failed(reason));
  }
}
