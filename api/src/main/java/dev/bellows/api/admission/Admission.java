package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.admission.AdmissionOutcome.Admitted;
import dev.bellows.api.admission.AdmissionOutcome.Denied;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.List;

/**
 * The system's webhooks as one function: defaults, then validates, what is about to be stored
 * (serving spec §2, §9). Without state; safe to call from any thread.
 */
public final class Admission {
  /** The domain of a cluster that does not say. */
  public static final String CLUSTER_DOMAIN = "cluster.local";

  private static final int BAD_REQUEST = 400;
  private static final String DEFAULTING_WEBHOOK = "webhook.serving.knative.dev";
  private static final String VALIDATION_WEBHOOK = "validation.webhook.serving.knative.dev";
  private static final String CONFIG_WEBHOOK = "config.webhook.serving.knative.dev";

  private final String clusterDomain;

  /** For a cluster with the usual domain. */
  public Admission() {
    this(CLUSTER_DOMAIN);
  }

  /** For a cluster whose names end in this domain. */
  public Admission(String clusterDomain) {
    this.clusterDomain = clusterDomain;
  }

  /**
   * All webhooks in one call, as an API server in the same process asks: admits, with defaults
   * filled in, or denies. Kinds that are not ours pass unchanged.
   */
  public AdmissionOutcome admit(AdmissionRequest request) {
    return admit(request, Question.BOTH);
  }

  /** The defaulting webhook alone: refuses only what cannot be read at all. */
  public AdmissionOutcome complete(AdmissionRequest request) {
    return admit(request, Question.DEFAULTS);
  }

  /** The validating webhooks alone, on an object that has its defaults already. */
  public AdmissionOutcome validate(AdmissionRequest request) {
    return admit(request, Question.RULES);
  }

  /** What is asked of an object. */
  private enum Question {
    DEFAULTS,
    RULES,
    BOTH
  }

  private AdmissionOutcome admit(AdmissionRequest request, Question question) {
    if (request.operation() == Operation.DELETE) {
      return new Admitted(request.object(), List.of());
    }
    return switch (request.group()) {
      case "" -> admitCore(request, question);
      case "serving.knative.dev" -> outcome(request.kind(), reviewServing(request), question);
      case "autoscaling.internal.knative.dev", "networking.internal.knative.dev" ->
          outcome(request.kind(), reviewInternal(request), question);
      default -> new Admitted(request.object(), List.of());
    };
  }

  private static AdmissionOutcome admitCore(AdmissionRequest request, Question question) {
    ObjectNode object = request.object();
    if (question == Question.DEFAULTS
        || !request.kind().equals("ConfigMap")
        || !ConfigMapAdmission.concerns(object)) {
      return new Admitted(object, List.of());
    }
    return ConfigMapAdmission.refusal(object, request.config())
        .<AdmissionOutcome>map(reason -> denied(CONFIG_WEBHOOK, "validation failed: " + reason))
        .orElseGet(() -> new Admitted(object, List.of()));
  }

  /**
   * An object with its defaults, and what was found.
   *
   * @param object with its defaults, whether it is admitted or not
   * @param findings errors and warnings
   */
  record Review(ObjectNode object, FieldErrors findings) {}

  private static AdmissionOutcome outcome(String kind, Review review, Question question) {
    FieldErrors findings = question == Question.DEFAULTS ? FieldErrors.NONE : review.findings();
    if (findings.refuse()) {
      return denied(VALIDATION_WEBHOOK, "validation failed: " + findings.errorText());
    }
    // After the rules, whose words are better.
    return TypedForm.unreadable(kind, review.object())
        .<AdmissionOutcome>map(why ->
            denied(
                DEFAULTING_WEBHOOK, "mutation failed: cannot decode incoming new object: " + why))
        .orElseGet(() ->
            new Admitted(
                review.object(), findings.warnings().stream().map(FieldError::toString).toList()));
  }

  Review reviewServing(AdmissionRequest request) {
    ObjectNode object = request.object().deepCopy();
    ServingRules rules = new ServingRules(request);
    FieldErrors errors =
        switch (request.kind()) {
          case "Service" -> {
            rules.serviceDefaults(object);
            yield rules.service(object);
          }
          case "Configuration" -> {
            rules.configurationDefaults(object);
            yield rules.configuration(object);
          }
          case "Revision" -> {
            rules.revisionDefaults(object);
            yield rules.revision(object);
          }
          case "Route" -> {
            rules.routeDefaults(object);
            yield rules.route(object);
          }
          case "DomainMapping" -> {
            ServingRules.domainMappingDefaults(object);
            yield ServingRules.domainMapping(object, clusterDomain);
          }
          default -> FieldErrors.NONE;
        };
    return new Review(object, errors);
  }

  private static Review reviewInternal(AdmissionRequest request) {
    ObjectNode object = request.object().deepCopy();
    FieldErrors errors =
        switch (request.kind()) {
          case "PodAutoscaler" -> {
            InternalRules.podAutoscalerDefaults(object, request.config());
            yield InternalRules.podAutoscaler(object, request.config());
          }
          case "Metric" -> InternalRules.metric(object, request.config());
          case "Ingress" -> {
            InternalRules.ingressDefaults(object);
            yield InternalRules.ingress(object);
          }
          case "ServerlessService" -> InternalRules.serverlessService(object);
          case "Certificate" -> InternalRules.certificate(object);
          default -> FieldErrors.NONE;
        };
    return new Review(object, errors);
  }

  private static Denied denied(String webhook, String reason) {
    return new Denied(BAD_REQUEST, webhook, reason);
  }
}
