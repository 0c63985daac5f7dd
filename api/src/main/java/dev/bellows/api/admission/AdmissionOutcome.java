package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What comes of an object on its way in. */
public sealed interface AdmissionOutcome {
  /**
   * The object may be stored.
   *
   * @param object with its defaults; the one that was sent is left as it was
   * @param warnings for the caller
   */
  record Admitted(ObjectNode object, List<String> warnings) implements AdmissionOutcome {
    public Admitted {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * The object is refused.
   *
   * @param code HTTP status
   * @param webhook which of the system's webhooks refuses it
   * @param reason in the original's words
   */
  record Denied(int code, String webhook, String reason) implements AdmissionOutcome {
    /** What the caller is told: an API server puts the webhook's name before its reason. */
    public String message() {
      return "admission webhook \"%s\" denied the request: %s".formatted(webhook, reason);
    }
  }
}
