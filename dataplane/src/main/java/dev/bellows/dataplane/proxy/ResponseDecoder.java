package dev.bellows.dataplane.proxy;

import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpStatusClass;

/**
 * Reads responses. One to HEAD has no body whatever its head says; its request's method is set by
 * the connection, since interim responses (1xx) must not use it up.
 */
final class ResponseDecoder extends HttpResponseDecoder {
  private boolean head;

  ResponseDecoder() {
    super(RequestDecoder.config());
  }

  void answerTo(HttpMethod method) {
    head = HttpMethod.HEAD.equals(method);
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    boolean interim =
        message instanceof HttpResponse response
            && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    return (head && !interim) || super.isContentAlwaysEmpty(message);
  }
}
