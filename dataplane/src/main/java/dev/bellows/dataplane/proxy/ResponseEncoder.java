package dev.bellows.dataplane.proxy;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpStatusClass;

/**
 * Writes responses. A response to HEAD has no body whatever its head says; its request's method is
 * set by the connection, since an interim response (1xx) must not use it up.
 */
final class ResponseEncoder extends HttpResponseEncoder {
  private boolean head;

  void answering(HttpMethod method) {
    head = HttpMethod.HEAD.equals(method);
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpResponse response) {
    return (head && response.status().codeClass() != HttpStatusClass.INFORMATIONAL)
        || super.isContentAlwaysEmpty(response);
  }
}
