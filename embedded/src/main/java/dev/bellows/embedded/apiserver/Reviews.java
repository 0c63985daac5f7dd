package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.function.Function;

/** Questions about rights and identities; nothing of them is kept. */
final class Reviews {
  private final Rbac rbac;
  private final Function<String, Optional<User>> users;

  /**
   * @param users whose a bearer token is
   */
  Reviews(Rbac rbac, Function<String, Optional<User>> users) {
    this.rbac = rbac;
    this.users = users;
  }

  /** Answers if the path is a review's; says whether it was. */
  boolean answer(ApiPath path, ApiRequest request) {
    switch (path.group() + "/" + path.plural()) {
      case "authorization.k8s.io/selfsubjectaccessreviews" -> {
        ObjectNode review = posted(path, request, "SelfSubjectAccessReview");
        decide(review, request.user());
        request.answer().json(201, review);
      }
      case "authorization.k8s.io/subjectaccessreviews" -> {
        ObjectNode review = posted(path, request, "SubjectAccessReview");
        decide(review, User.of(review.path("spec")));
        request.answer().json(201, review);
      }
      case "authorization.k8s.io/localsubjectaccessreviews" -> {
        ObjectNode review = posted(path, request, "LocalSubjectAccessReview");
        decide(review, User.of(review.path("spec")));
        request.answer().json(201, review);
      }
      case "authorization.k8s.io/selfsubjectrulesreviews" -> {
        ObjectNode review = posted(path, request, "SelfSubjectRulesReview");
        rules(review, request.user());
        request.answer().json(201, review);
      }
      case "authentication.k8s.io/selfsubjectreviews" -> {
        ObjectNode review = posted(path, request, "SelfSubjectReview");
        review.putObject("status").set("userInfo", request.user().json());
        request.answer().json(201, review);
      }
      case "authentication.k8s.io/tokenreviews" -> {
        ObjectNode review = posted(path, request, "TokenReview");
        authenticate(review);
        request.answer().json(201, review);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void decide(ObjectNode review, User user) {
    boolean allowed = rbac.allows(user, Action.of(review.path("spec")));
    review.putObject("status").put("allowed", allowed);
  }

  private void rules(ObjectNode review, User user) {
    ObjectNode status = review.putObject("status");
    ArrayNode onObjects = status.putArray("resourceRules");
    ArrayNode onPaths = status.putArray("nonResourceRules");
    if (user.isMaster()) {
      ObjectNode all = onObjects.addObject();
      all.putArray("verbs").add("*");
      all.putArray("apiGroups").add("*");
      all.putArray("resources").add("*");
      ObjectNode paths = onPaths.addObject();
      paths.putArray("verbs").add("*");
      paths.putArray("nonResourceURLs").add("*");
    }
    String namespace = Json.text(review, "spec", "namespace");
    for (JsonNode rule : rbac.rules(user, namespace)) {
      (rule.has("nonResourceURLs") ? onPaths : onObjects).add(rule);
    }
    status.put("incomplete", false);
  }

  private void authenticate(ObjectNode review) {
    Optional<User> user = users.apply(Json.text(review, "spec", "token"));
    ObjectNode status = review.putObject("status");
    status.put("authenticated", user.isPresent());
    status.set("user", user.map(User::json).orElseGet(Json::object));
    if (user.isEmpty()) {
      status.put("error", "invalid bearer token");
    }
  }

  private static ObjectNode posted(ApiPath path, ApiRequest request, String kind) {
    if (!request.method().equals("POST")) {
      throw ApiException.methodNotAllowed();
    }
    ObjectNode review = Bodies.object(request.body().bytes(), request.header("content-type"));
    review.put("kind", kind).put("apiVersion", path.group() + "/" + path.version());
    Json.child(review, "metadata").putNull("creationTimestamp");
    return review;
  }
}
