package dev.bellows.controlplane.reconcile;

import dev.bellows.api.config.NetworkConfig;
import dev.bellows.api.config.NetworkConfig.HttpProtocol;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What the annotations of a Route or DomainMapping mean for its KIngress. */
public final class IngressAnnotations {
  private static final String DASHED_CLASS = "networking.knative.dev/ingress-class";
  private static final String HTTP_PROTOCOL = "networking.knative.dev/http-protocol";
  private static final String HTTP_OPTION = "networking.knative.dev/httpOption";

  private IngressAnnotations() {}

  /** Those that the KIngress gets; which networking layer programs it is always among them. */
  public static Map<String, String> handedOn(Map<String, String> own, NetworkConfig network) {
    Map<String, String> result = new LinkedHashMap<>();
    result.put(WellKnown.INGRESS_CLASS, own.getOrDefault(DASHED_CLASS, network.ingressClass()));
    result.putAll(Children.without(own, Set.of(WellKnown.LAST_APPLIED, DASHED_CLASS)));
    return result;
  }

  /** What becomes of plain HTTP: {@code Enabled} or {@code Redirected}. */
  public static String httpOption(Map<String, String> own, NetworkConfig network) {
    String asked = own.getOrDefault(HTTP_PROTOCOL, own.get(HTTP_OPTION));
    boolean redirected =
        asked == null
            ? network.httpProtocol() == HttpProtocol.REDIRECTED
            : asked.equalsIgnoreCase("redirected");
    return redirected ? "Redirected" : "Enabled";
  }
}
