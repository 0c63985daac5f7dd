package dev.bellows.api.admission;

import dev.bellows.api.admission.AdmissionOutcome.Admitted;
import dev.bellows.api.admission.AdmissionOutcome.Denied;
import java.util.List;

/**
 * The system's webhooks as one function: defaults, then validates, what is about to be stored.
 * Without state; safe to call from any thread.
 */
public final class Admission {
  private static final int BAD_REQUEST = 400;
  private static final String CONFIG_WEBHOOK = "config.webhook.serving.knative.dev";

  /** Admits, with defaults filled in, or denies. Kinds that are not ours pass unchanged. */
  public AdmissionOutcome admit(AdmissionRequest request) {
    if (request.operation() != Operation.DELETE
        && request.group().isEmpty()
        && request.kind().equals("ConfigMap")
        && ConfigMapAdmission.concerns(request.object())) {
      return ConfigMapAdmission.refusal(request.object(), request.config())
          .map(reason -> denied(CONFIG_WEBHOOK, "validation failed: " + reason))
          .orElseGet(() -> new Admitted(request.object(), List.of()));
    }
    return new Admitted(request.object(), List.of());
  }

  private static AdmissionOutcome denied(String webhook, String reason) {
    return new Denied(
        BAD_REQUEST, "admission webhook \"" + webhook + "\" denied the request: " + reason);
  }
}
