package dev.bellows.controlplane.bucket;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bucket's host name: a Service without a selector, and an EndpointSlice that leads to its holder
 * (autoscaling spec §10). Other autoscalers go by it where they cannot dial the holder's address.
 */
final class BucketService {
  private static final Logger log = LoggerFactory.getLogger(BucketService.class);

  private static final String PORT_NAME = "http";
  private static final int PORT = 8080;

  private final KubernetesClient client;
  private final String namespace;
  private final String ip;

  BucketService(KubernetesClient client, String namespace, String ip) {
    this.client = client;
    this.namespace = namespace;
    this.ip = ip;
  }

  /** Lets the bucket's name lead to this autoscaler. Without it the Lease still says who it is. */
  void leadHere(String bucket) {
    try {
      create(service(bucket));
      if (!create(slice(bucket))) {
        client.resource(slice(bucket)).update();
      }
    } catch (KubernetesClientException e) {
      log.warn("the name {} does not lead here: {}", bucket, e.getMessage());
    }
  }

  private boolean create(HasMetadata object) {
    try {
      client.resource(object).create();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false; // it is there
      }
      throw e;
    }
  }

  private Service service(String bucket) {
    return new ServiceBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(bucket)
        .endMetadata()
        .withNewSpec()
        .addNewPort()
        .withName(PORT_NAME)
        .withPort(PORT)
        .withNewTargetPort(PORT)
        .endPort()
        .endSpec()
        .build();
  }

  private EndpointSlice slice(String bucket) {
    return new EndpointSliceBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(bucket)
        .addToLabels("kubernetes.io/service-name", bucket)
        .endMetadata()
        .withAddressType(ip.contains(":") ? "IPv6" : "IPv4")
        .addNewEndpoint()
        .withAddresses(ip)
        .withNewConditions()
        .withReady(true)
        .endConditions()
        .endEndpoint()
        .addNewPort()
        .withName(PORT_NAME)
        .withPort(PORT)
        .withProtocol("TCP")
        .endPort()
        .build();
  }
}
