package dev.bellows.dataplane.activator;

/**
 * What one activator must be told at its start (data-plane spec §1.3).
 *
 * @param podName under which it reports; {@code POD_NAME}
 * @param podIp its address as the public Services' Endpoints show it; {@code POD_IP}
 * @param listenIp literal to listen on
 * @param port to listen on; 8012 unless taken, 0 = any free one
 * @param clusterDomain last part of in-cluster host names, such as {@code cluster.local}
 */
public record ActivatorConfig(
    String podName, String podIp, String listenIp, int port, String clusterDomain) {}
