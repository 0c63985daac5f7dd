package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a kubelet tells its cluster about the machine it runs on: its Node object. */
final class NodeDescription {
  /** The Kubernetes release whose behaviour towards an API server this kubelet follows. */
  private static final String KUBELET_VERSION = "v1.34.0+bellows";

  private static final Pattern PRETTY_NAME =
      Pattern.compile("^PRETTY_NAME=\"?([^\"\n]*)\"?$", Pattern.MULTILINE);

  private NodeDescription() {}

  /**
   * The Node object as of now.
   *
   * @param maxPods how many pods may run
   */
  static ObjectNode of(Node node, int maxPods) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("apiVersion", "v1").put("kind", "Node");
    ObjectNode meta = object.putObject("metadata");
    meta.put("name", node.name());
    meta.putObject("labels")
        .put("kubernetes.io/hostname", node.name())
        .put("kubernetes.io/os", "linux")
        .put("kubernetes.io/arch", architecture());
    object.putObject("spec").put("podCIDR", node.network().podCidr());
    ObjectNode status = object.putObject("status");
    for (String kind : new String[] {"capacity", "allocatable"}) {
      status
          .putObject(kind)
          .put("cpu", Integer.toString(Runtime.getRuntime().availableProcessors()))
          .put("memory", memoryBytes() / 1024 + "Ki")
          .put("pods", Integer.toString(maxPods));
    }
    ArrayNode addresses = status.putArray("addresses");
    addresses.addObject().put("type", "InternalIP").put("address", node.network().nodeIp());
    addresses.addObject().put("type", "Hostname").put("address", node.name());
    conditions(status.putArray("conditions"), ContainerState.stamp(node.clock().instant()));
    status
        .putObject("nodeInfo")
        .put("architecture", architecture())
        .put("operatingSystem", "linux")
        .put("osImage", osImage())
        .put("kernelVersion", System.getProperty("os.version"))
        .put("containerRuntimeVersion", node.runtime().version())
        .put("kubeletVersion", KUBELET_VERSION)
        .put("kubeProxyVersion", "")
        .put("bootID", line(Path.of("/proc/sys/kernel/random/boot_id")))
        .put("machineID", line(Path.of("/etc/machine-id")))
        .put("systemUUID", "");
    return object;
  }

  // Pressure is not measured: what the kernel does when memory or disk runs out is all there is.
  private static void conditions(ArrayNode conditions, String now) {
    condition(
        conditions,
        now,
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available");
    condition(
        conditions,
        now,
        "DiskPressure",
        "False",
        "KubeletHasNoDiskPressure",
        "kubelet has no disk pressure");
    condition(
        conditions,
        now,
        "PIDPressure",
        "False",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available");
    condition(conditions, now, "Ready", "True", "KubeletReady", "kubelet is posting ready status");
  }

  private static void condition(
      ArrayNode conditions, String now, String type, String status, String reason, String message) {
    conditions
        .addObject()
        .put("type", type)
        .put("status", status)
        .put("lastHeartbeatTime", now)
        .put("lastTransitionTime", now)
        .put("reason", reason)
        .put("message", message);
  }

  private static long memoryBytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        ? machine.getTotalMemorySize()
        : Runtime.getRuntime().maxMemory();
  }

  private static String architecture() {
    String name = System.getProperty("os.arch");
    return name.equals("aarch64") ? "arm64" : name;
  }

  private static String osImage() {
    try {
      Matcher name = PRETTY_NAME.matcher(Files.readString(Path.of("/etc/os-release")));
      return name.find() ? name.group(1) : System.getProperty("os.name");
    } catch (IOException e) {
      return System.getProperty("os.name");
    }
  }

  private static String line(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return ""; // not every machine has one
    }
  }
}
