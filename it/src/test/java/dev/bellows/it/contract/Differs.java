package dev.bellows.it.contract;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A case in which the embedded API server is known to differ from a real one. There the case must
 * fail: once it passes, this note and its line in docs/embedded.md have to go.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Differs {
  /** In what, as docs/embedded.md says it. */
  String value();
}
