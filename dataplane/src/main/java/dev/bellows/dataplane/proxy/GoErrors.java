package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.http2.Http2Error;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Failures in the words in which the original's clients know them (data-plane spec §3.5). */
final class GoErrors {
  private GoErrors() {}

  static String dial(Address target, Throwable cause) {
    return "dial tcp " + target + ": " + connectCause(cause);
  }

  private static String connectCause(Throwable cause) {
    if (cause instanceof ConnectTimeoutException) {
      return "i/o timeout";
    }
    String message = text(cause);
    if (message.contains("network is unreachable")) {
      return "connect: network is unreachable";
    }
    if (cause instanceof NoRouteToHostException || message.contains("no route to host")) {
      return "connect: no route to host";
    }
    if (cause instanceof ConnectException || message.contains("refused")) {
      return "connect: connection refused";
    }
    return message;
  }

  /** Why a connection ended before its response did. */
  static String read(@Nullable Throwable cause) {
    if (cause == null) {
      return "EOF";
    }
    String message = text(cause);
    if (message.contains("reset")) {
      return "read: connection reset by peer";
    }
    return message.contains("broken pipe") ? "write: broken pipe" : message;
  }

  /** Why a stream of HTTP/2 was broken off by the target. */
  static String stream(int id, @Nullable Http2Error error) {
    return "stream error: stream ID %d; %s; received from peer".formatted(id, error);
  }

  private static String text(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message.toLowerCase(Locale.ROOT);
  }
}
