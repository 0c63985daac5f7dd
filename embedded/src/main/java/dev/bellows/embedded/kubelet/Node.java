package dev.bellows.embedded.kubelet;

import dev.bellows.dataplane.probe.Prober;
import dev.bellows.embedded.image.ImageRegistry;
import dev.bellows.embedded.network.PodNetwork;
import dev.bellows.embedded.runtime.ContainerRuntime;
import java.nio.file.Path;
import java.time.Clock;

/**
 * What the pods of a node have in common.
 *
 * @param name the node's name, as pods name it in {@code spec.nodeName}
 * @param prober asks programs by gRPC
 * @param logs where pods' logs are kept
 * @param volumes where pods' volumes are kept
 */
public record Node(
    String name,
    NodeApi api,
    ContainerRuntime runtime,
    QueueProxies queueProxies,
    ImageRegistry images,
    PodNetwork network,
    Prober prober,
    Path logs,
    Path volumes,
    Clock clock) {}
