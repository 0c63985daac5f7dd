package dev.bellows.core.podautoscaler;

/** What asking for the activator at the Revision's Service came to. */
public enum ProbeAnswer {
  /** An activator answered: requests go through it. */
  ACTIVATOR,
  /** Something else answered, or nothing: requests may still go straight to pods. */
  NO_ACTIVATOR
}
