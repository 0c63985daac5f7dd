package dev.bellows.core.literal;

import java.util.Optional;

/**
 * What reading a text as a value came to.
 *
 * @param <T> the type of the value
 */
public sealed interface Literal<T> {
  /** The text means this value. */
  record Value<T>(T value) implements Literal<T> {}

  /** The text does not have the form of such a value. */
  record Malformed<T>(String text) implements Literal<T> {}

  /** The text has the form of such a value, but the type cannot hold it. */
  record OutOfRange<T>(String text) implements Literal<T> {}

  /** The value, if the text means one. */
  default Optional<T> asOptional() {
    return switch (this) {
      case Value<T>(T value) -> Optional.of(value);
      case Malformed<T> _, OutOfRange<T> _ -> Optional.empty();
    };
  }
}
