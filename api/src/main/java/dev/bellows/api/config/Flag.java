package dev.bellows.api.config;

/** How far a feature is open. */
public enum Flag {
  /** On. */
  ENABLED,
  /** May be used by who asks for it. */
  ALLOWED,
  /** Off. */
  DISABLED
}
