package dev.bellows.dataplane.proxy;

/** How an exchange ended. */
public enum End {
  /** The whole response was handed to the client's connection; a tunnel was closed by a side. */
  COMPLETE,
  /** The client went away first. */
  CLIENT_LEFT,
  /** The response was cut after it had started: the upstream broke off, or a stage said so. */
  CUT
}
