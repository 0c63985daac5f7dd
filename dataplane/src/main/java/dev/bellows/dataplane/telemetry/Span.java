package dev.bellows.dataplane.telemetry;

/**
 * A stretch of a request's way, over.
 *
 * @param context which trace it belongs to
 * @param id its own
 * @param parentId the span that it is part of, or 0
 * @param name upstream's, where upstream has one
 * @param kind which side of a conversation it is
 * @param startNanos nanoseconds since 1970
 * @param endNanos likewise
 * @param about what it tells
 * @param failed whether it is an error
 */
record Span(
    TraceContext context,
    long id,
    long parentId,
    String name,
    Kind kind,
    long startNanos,
    long endNanos,
    Attributes about,
    boolean failed) {
  /** Which side of a conversation a span is, by OTLP's numbers. */
  enum Kind {
    INTERNAL(1),
    SERVER(2),
    CLIENT(3);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }
}
