package dev.bellows.dataplane.queueproxy;

import dev.bellows.core.revision.RevisionId;

/**
 * Whose requests a queue-proxy sees.
 *
 * @param revision whose pod it is
 * @param service the Service above it; empty if there is none
 * @param configuration the Configuration above it
 * @param name the pod's name, under which it reports
 * @param ip the pod's address, as the kubelet told it; may be empty
 */
public record PodIdentity(
    RevisionId revision, String service, String configuration, String name, String ip) {}
