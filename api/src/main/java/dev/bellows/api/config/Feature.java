package dev.bellows.api.config;

import java.util.Locale;

/** A key of {@code config-features}; all are off unless said otherwise. */
public enum Feature {
  /** More than one container in a pod; on from the start. */
  MULTI_CONTAINER("multi-container", Flag.ENABLED),
  /** Probes on the containers without the port. */
  MULTI_CONTAINER_PROBING("multi-container-probing"),
  AFFINITY("kubernetes.podspec-affinity"),
  TOPOLOGY_SPREAD_CONSTRAINTS("kubernetes.podspec-topologyspreadconstraints"),
  HOST_ALIASES("kubernetes.podspec-hostaliases"),
  NODE_SELECTOR("kubernetes.podspec-nodeselector"),
  RUNTIME_CLASS_NAME("kubernetes.podspec-runtimeclassname"),
  TOLERATIONS("kubernetes.podspec-tolerations"),
  /** {@code fieldRef} and {@code resourceFieldRef} of variables. */
  FIELD_REF("kubernetes.podspec-fieldref"),
  /** The pod's security context. */
  POD_SECURITY_CONTEXT("kubernetes.podspec-securitycontext"),
  SHARE_PROCESS_NAMESPACE("kubernetes.podspec-shareprocessnamespace"),
  HOST_IPC("kubernetes.podspec-hostipc"),
  HOST_PID("kubernetes.podspec-hostpid"),
  HOST_NETWORK("kubernetes.podspec-hostnetwork"),
  PRIORITY_CLASS_NAME("kubernetes.podspec-priorityclassname"),
  SCHEDULER_NAME("kubernetes.podspec-schedulername"),
  INIT_CONTAINERS("kubernetes.podspec-init-containers"),
  DNS_POLICY("kubernetes.podspec-dnspolicy"),
  DNS_CONFIG("kubernetes.podspec-dnsconfig"),
  /** Capabilities that a container adds. */
  ADD_CAPABILITIES("kubernetes.containerspec-addcapabilities"),
  /** On from the start. */
  VOLUMES_EMPTY_DIR("kubernetes.podspec-volumes-emptydir", Flag.ENABLED),
  VOLUMES_HOST_PATH("kubernetes.podspec-volumes-hostpath"),
  VOLUMES_CSI("kubernetes.podspec-volumes-csi"),
  VOLUMES_EPHEMERAL("kubernetes.podspec-volumes-ephemeral"),
  VOLUMES_IMAGE("kubernetes.podspec-volumes-image"),
  VOLUMES_MOUNT_PROPAGATION("kubernetes.podspec-volumes-mount-propagation"),
  PERSISTENT_VOLUME_CLAIM("kubernetes.podspec-persistent-volume-claim"),
  PERSISTENT_VOLUME_WRITE("kubernetes.podspec-persistent-volume-write"),
  /** Routing by a header that names a tag. */
  TAG_HEADER_BASED_ROUTING("tag-header-based-routing"),
  /** Finding out whether a program speaks HTTP/2. */
  AUTODETECT_HTTP2("autodetect-http2"),
  /** The pod's own labels and annotations as files in the queue-proxy. */
  QUEUE_PROXY_MOUNT_POD_INFO("queueproxy.mount-podinfo"),
  /** Resource defaults for the queue-proxy. */
  QUEUE_PROXY_RESOURCE_DEFAULTS("queueproxy.resource-defaults");

  private final String key;
  private final Flag fallback;

  Feature(String key) {
    this(key, Flag.DISABLED);
  }

  Feature(String key, Flag fallback) {
    this.key = key;
    this.fallback = fallback;
  }

  /** The key in the ConfigMap. */
  public String key() {
    return key;
  }

  /** What holds while the ConfigMap does not say. */
  public Flag fallback() {
    return fallback;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
