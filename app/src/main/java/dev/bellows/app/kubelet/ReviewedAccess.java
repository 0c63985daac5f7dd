package dev.bellows.app.kubelet;

import dev.bellows.embedded.apiserver.KubeletServer;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the cluster decide who may ask a node: whoever may {@code get} its {@code nodes/proxy}
 * (Kubernetes documentation, "Kubelet authentication/authorization").
 */
public final class ReviewedAccess implements KubeletServer.Access {
  private static final Logger log = LoggerFactory.getLogger(ReviewedAccess.class);

  private final KubernetesClient client;
  private final String node;

  /**
   * @param client stays the caller's
   */
  public ReviewedAccess(KubernetesClient client, String node) {
    this.client = client;
    this.node = node;
  }

  @Override
  public boolean allows(String user, List<String> groups) {
    SubjectAccessReview review =
        new SubjectAccessReviewBuilder()
            .withNewSpec()
            .withUser(user)
            .withGroups(groups)
            .withNewResourceAttributes()
            .withVerb("get")
            .withVersion("v1")
            .withResource("nodes")
            .withSubresource("proxy")
            .withName(node)
            .endResourceAttributes()
            .endSpec()
            .build();
    try {
      return Boolean.TRUE.equals(
          client
              .authorization()
              .v1()
              .subjectAccessReview()
              .create(review)
              .getStatus()
              .getAllowed());
    } catch (KubernetesClientException e) {
      log.warn("whether {} may ask node {} cannot be told: {}", user, node, e.getMessage());
      return false;
    }
  }
}
