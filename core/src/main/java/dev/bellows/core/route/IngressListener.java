package dev.bellows.core.route;

import java.util.Map;

/**
 * What a gateway is told of the cluster. Whoever watches the API calls it, from one thread at a
 * time; each call carries the whole current state of its subject. When a call returns, requests are
 * routed by it.
 */
public interface IngressListener {
  /** A KIngress of this gateway's class exists, or differs from what was told before. */
  void onIngress(Ingress ingress);

  /** A KIngress is gone. */
  void onIngressDeleted(String namespace, String name);

  /**
   * The addresses behind a Service, and what is spoken there.
   *
   * @param service the Service
   * @param byPort its ports, each under its name and under its number, as a KIngress split may name
   *     it either way
   */
  void onService(ServiceId service, Map<String, ServicePort> byPort);

  /** A Service is gone. */
  void onServiceDeleted(ServiceId service);
}
