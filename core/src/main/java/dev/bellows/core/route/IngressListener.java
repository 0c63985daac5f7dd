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

  /**
   * A Secret that a KIngress names holds a certificate; connections from now on see it.
   *
   * @throws IllegalArgumentException saying what is wrong, if it cannot be used; then the one that
   *     was told before stays
   */
  void onTlsSecret(TlsSecret secret);

  /** A Secret is gone, or no KIngress names it any more. */
  void onTlsSecretDeleted(SecretId secret);

  /** A Route or DomainMapping is not ready, or for another reason than before. */
  void onUnready(Unready subject);

  /** A Route or DomainMapping is ready, or gone. */
  void onUnreadyNoMore(String kind, String namespace, String name);
}
