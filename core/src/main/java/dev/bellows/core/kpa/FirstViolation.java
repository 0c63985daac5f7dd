package dev.bellows.core.kpa;

import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Remembers the first of several rules that does not hold. */
final class FirstViolation {
  private @Nullable String text;

  void check(boolean violated, Supplier<String> sayWhy) {
    if (violated && text == null) {
      text = sayWhy.get();
    }
  }

  Optional<String> text() {
    return Optional.ofNullable(text);
  }
}
