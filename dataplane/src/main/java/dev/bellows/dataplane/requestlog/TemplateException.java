package dev.bellows.dataplane.requestlog;

import java.io.Serial;

/** A template that cannot be read, or that asks something of its data that is not there. */
public final class TemplateException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  TemplateException(String message) {
    super(message);
  }
}
