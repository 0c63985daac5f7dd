package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Questions about rights. Whoever holds a token of this server may do everything with it, and that
 * is what is answered.
 */
final class Reviews {
  /** Answers if the path is a review's; says whether it was. */
  boolean answer(ApiPath path, ApiRequest request) {
    String resource = path.group() + "/" + path.plural();
    switch (resource) {
      case "authorization.k8s.io/selfsubjectaccessreviews",
          "authorization.k8s.io/subjectaccessreviews",
          "authorization.k8s.io/localsubjectaccessreviews" -> {
        ObjectNode review = posted(request);
        review
            .putObject("status")
            .put("allowed", true)
            .put("reason", "every token of this server has every right");
        request.answer().json(201, review);
      }
      case "authorization.k8s.io/selfsubjectrulesreviews" -> {
        ObjectNode review = posted(request);
        ObjectNode status = review.putObject("status");
        ObjectNode rule = status.putArray("resourceRules").addObject();
        rule.putArray("verbs").add("*");
        rule.putArray("apiGroups").add("*");
        rule.putArray("resources").add("*");
        ObjectNode paths = status.putArray("nonResourceRules").addObject();
        paths.putArray("verbs").add("*");
        paths.putArray("nonResourceURLs").add("*");
        status.put("incomplete", false);
        request.answer().json(201, review);
      }
      case "authentication.k8s.io/selfsubjectreviews" -> {
        ObjectNode review = posted(request);
        ObjectNode user = review.putObject("status").putObject("userInfo");
        user.put("username", request.user());
        user.putArray("groups").add("system:masters").add("system:authenticated");
        request.answer().json(201, review);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static ObjectNode posted(ApiRequest request) {
    if (!request.method().equals("POST")) {
      throw ApiException.methodNotAllowed();
    }
    ObjectNode review = Bodies.object(request.body().bytes(), request.header("content-type"));
    Json.child(review, "metadata").putNull("creationTimestamp");
    return review;
  }
}
