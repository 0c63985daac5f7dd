package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * Who is asked about a write: the steps in this process, then webhooks that may change the object,
 * then who must approve; and, once the object is valid by itself, webhooks that judge it.
 */
final class AdmissionChain {
  /**
   * A write that is asked about.
   *
   * @param old what is stored; empty of an object that is new
   * @param object as it shall be, completed in place; of a deletion as it is
   */
  record Write(
      AdmissionStep.Operation operation,
      Resource resource,
      Subresource part,
      Optional<ObjectNode> old,
      ObjectNode object,
      WriteOptions options) {}

  private final List<AdmissionStep> steps;
  private final Webhooks webhooks;
  private volatile boolean partsReviewed = true;

  AdmissionChain(List<AdmissionStep> steps, Webhooks webhooks) {
    this.steps = steps;
    this.webhooks = webhooks;
  }

  void letWebhooksReviewParts(boolean review) {
    partsReviewed = review;
  }

  private boolean isAsked(ResourceType type, WriteOptions options) {
    return webhooks.concern(type) && (partsReviewed || !options.user().isPart());
  }

  /** Follows what has been written. */
  void noteWrite(ResourceType type) {
    if (Webhooks.areConfiguredBy(type)) {
      webhooks.refresh();
    }
  }

  /**
   * Lets everybody complete the object in place.
   *
   * @throws ApiException as the first refuses
   */
  void admit(Write write) {
    Resource resource = write.resource();
    ObjectNode object = write.object();
    WriteOptions options = write.options();
    for (AdmissionStep step : steps) {
      step.admit(
          new AdmissionStep.Request(
              write.operation(),
              resource.type(),
              write.part().path(),
              write.old(),
              object,
              options.user().name(),
              options.dryRun(),
              options.warnings()));
    }
    if (isAsked(resource.type(), options)) {
      mutate(WebhookRequest.of(write), write.part(), object);
    }
    if (write.operation() != AdmissionStep.Operation.DELETE && write.part() == Subresource.NONE) {
      options.approval().approve(resource.type(), write.old(), object);
    }
  }

  /**
   * Asks all webhooks about what is done by way of a subresource that is not stored.
   *
   * @return what is to be done
   * @throws ApiException as one of them refuses
   */
  ObjectNode review(WebhookRequest request) {
    if (!isAsked(request.resource().type(), request.options())) {
      return (ObjectNode) request.object();
    }
    WebhookRequest changed = request.with(webhooks.mutate(request));
    webhooks.validate(changed);
    return (ObjectNode) changed.object();
  }

  /** Changes the object in place as webhooks change it. */
  private void mutate(WebhookRequest request, Subresource part, ObjectNode object) {
    Optional<JsonNode> made = webhooks.mutate(request);
    if (made.isEmpty() || !(made.get() instanceof ObjectNode changed)) {
      return;
    }
    Resource resource = request.resource();
    if (part == Subresource.SCALE) {
      resource.shape().scale().setWanted(object, changed.path("spec").path("replicas").asInt());
      return;
    }
    object.removeAll();
    object.setAll(changed);
    List<String> _ = FieldCheck.prune(resource, object);
  }

  /**
   * Asks the webhooks that judge.
   *
   * @throws ApiException as one of them refuses
   */
  void judge(Write write) {
    if (isAsked(write.resource().type(), write.options())) {
      webhooks.validate(WebhookRequest.of(write));
    }
  }
}
