package dev.bellows.dataplane.gateway;

/** What a {@link RoutingTable} says about a request. */
sealed interface Match permits Route, Match.UnknownHost, Match.UnknownPath {
  /** No rule names the host. */
  record UnknownHost() implements Match {
    static final UnknownHost INSTANCE = new UnknownHost();
  }

  /** The host is known, but none of its paths takes the request. */
  record UnknownPath() implements Match {
    static final UnknownPath INSTANCE = new UnknownPath();
  }
}
