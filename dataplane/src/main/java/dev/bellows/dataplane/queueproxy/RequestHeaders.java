package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.proxy.HeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** The headers by which the parts of the system recognise each other (data-plane spec §2). */
final class RequestHeaders {
  static final AsciiString NETWORK_PROBE = AsciiString.cached("K-Network-Probe");
  static final AsciiString NETWORK_HASH = AsciiString.cached("K-Network-Hash");
  private static final AsciiString KUBELET_PROBE = AsciiString.cached("K-Kubelet-Probe");
  private static final AsciiString PROXY_REQUEST = AsciiString.cached("K-Proxy-Request");
  private static final AsciiString ORIGINAL_HOST = AsciiString.cached("K-Original-Host");
  private static final AsciiString REVISION = AsciiString.cached("Knative-Serving-Revision");
  private static final AsciiString NAMESPACE = AsciiString.cached("Knative-Serving-Namespace");

  /** The value of {@link #NETWORK_PROBE} that asks a networking layer's listener itself. */
  static final String PROBE = "probe";

  /** The value of {@link #NETWORK_PROBE} that asks a queue-proxy for the pod's readiness. */
  static final String QUEUE = "queue";

  private RequestHeaders() {}

  /** Whether a kubelet, activator or autoscaler asks for health. */
  static boolean healthCheck(HttpHeaders headers) {
    String agent = headers.get(HeaderNames.USER_AGENT);
    return agent != null
        && (agent.startsWith("kube-probe/")
            || agent.startsWith("Knative-Activator-Probe")
            || agent.startsWith("Knative-Autoscaling-Probe"));
  }

  /** Whether a kubelet asks the user container, past a mesh that rewrote the User-Agent. */
  static boolean kubeletProbe(HttpHeaders headers) {
    return headers.contains(KUBELET_PROBE);
  }

  /** Whether somebody asks about the pod or its way, rather than for the service. */
  static boolean anyProbe(HttpHeaders headers) {
    return healthCheck(headers) || kubeletProbe(headers) || headers.contains(NETWORK_PROBE);
  }

  static @Nullable String networkProbe(HttpHeaders headers) {
    return headers.get(NETWORK_PROBE);
  }

  /** By which name of its Route a request came (data-plane spec §2). */
  static String routeTag(HttpHeaders headers) {
    String tag = headers.get("Knative-Serving-Tag", "");
    String defaultRoute = headers.get("Knative-Serving-Default-Route", "");
    if (tag.isEmpty()) {
      return defaultRoute.isEmpty() ? "kn:disabled" : "kn:default";
    }
    return defaultRoute.equals("true") ? "kn:undefined" : tag;
  }

  /** Whether an activator has counted the request already. */
  static boolean proxied(HttpHeaders headers) {
    return "activator".equals(headers.get(PROXY_REQUEST));
  }

  /** Gives the user container the Host that the client asked for, and nothing of the lookup. */
  static void restoreHost(HttpHeaders headers) {
    String original = headers.get(ORIGINAL_HOST);
    if (original != null && !original.isEmpty()) {
      headers.set(HeaderNames.HOST, original);
      headers.remove(ORIGINAL_HOST);
    }
    headers.remove(REVISION);
    headers.remove(NAMESPACE);
  }
}
