package dev.bellows.dataplane.activator;

import dev.bellows.dataplane.proxy.TlsSettings;
import java.util.List;

/**
 * What one activator must be told at its start (data-plane spec §1.3).
 *
 * @param podName under which it reports; {@code POD_NAME}
 * @param podIp its address as the public Services' Endpoints show it; {@code POD_IP}
 * @param listenIp literal to listen on
 * @param ports to listen on, at least one: in a cluster 8012 and 8013, which differ in nothing but
 *     the name of the Service's port before them; 0 = any free one
 * @param tlsPort where requests come by TLS: 8112; 0 = any free one
 * @param tls what is spoken there
 * @param clusterDomain last part of in-cluster host names, such as {@code cluster.local}
 */
public record ActivatorConfig(
    String podName,
    String podIp,
    String listenIp,
    List<Integer> ports,
    int tlsPort,
    TlsSettings tls,
    String clusterDomain) {
  public ActivatorConfig {
    ports = List.copyOf(ports);
    if (ports.isEmpty()) {
      throw new IllegalArgumentException("an activator must listen on a port");
    }
  }
}
