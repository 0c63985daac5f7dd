package dev.bellows.embedded.runtime;

/** What a program has for its standard streams. */
public enum Stdio {
  /** Nothing to read; its two outputs apart. */
  OUTPUT_ONLY,
  /** Something to read, and its two outputs apart. */
  PIPES,
  /** A terminal of its own, which it controls: one output, and a size. */
  TERMINAL
}
