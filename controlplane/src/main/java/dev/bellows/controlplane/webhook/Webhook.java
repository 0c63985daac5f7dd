package dev.bellows.controlplane.webhook;

import java.util.Optional;

/** What an API server may ask (serving spec §9). */
enum Webhook {
  /** Fills in defaults. */
  DEFAULTING("/defaulting"),
  /** Holds objects to their rules. */
  RESOURCE_VALIDATION("/resource-validation"),
  /** Holds ConfigMaps of the system to theirs. */
  CONFIG_VALIDATION("/config-validation");

  private final String path;

  Webhook(String path) {
    this.path = path;
  }

  String path() {
    return path;
  }

  static Optional<Webhook> at(String path) {
    for (Webhook webhook : values()) {
      if (webhook.path.equals(path)) {
        return Optional.of(webhook);
      }
    }
    return Optional.empty();
  }
}
