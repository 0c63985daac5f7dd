package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.config.Feature;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.quantity.ResourceAmount;
import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.Children;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How much of the machine a queue-proxy asks for. Later rules win: config-deployment, the defaults
 * of feature {@code queueproxy.resource-defaults}, a percentage of the program's own resources, an
 * annotation that names an amount.
 */
final class QueueProxyResources {
  private static final String ANNOTATION = "queue.sidecar.serving.knative.dev/";
  private static final String PERCENTAGE = ANNOTATION + "resource-percentage";
  private static final String REQUESTS = "requests";
  private static final String LIMITS = "limits";

  /** Where a share of the program's resources ends up at least and at most. */
  private record Share(String resource, String bound, ResourceAmount least, ResourceAmount most) {
    private static Share of(String resource, String bound, String least, String most) {
      return new Share(
          resource,
          bound,
          ResourceAmount.parse(least).orElseThrow(),
          ResourceAmount.parse(most).orElseThrow());
    }
  }

  private static final List<Share> SHARES =
      List.of(
          Share.of("cpu", REQUESTS, "25m", "100m"),
          Share.of("cpu", LIMITS, "40m", "500m"),
          Share.of("memory", REQUESTS, "50Mi", "200Mi"),
          Share.of("memory", LIMITS, "200Mi", "500Mi"));

  private QueueProxyResources() {}

  static ResourceRequirements of(Revision revision, SystemConfig config) {
    Map<String, Map<String, String>> amounts = new LinkedHashMap<>();
    for (String bound : List.of(REQUESTS, LIMITS)) {
      Map<String, String> written = new LinkedHashMap<>();
      config
          .deployment()
          .queueSidecarResources()
          .getOrDefault(bound, Map.of())
          .forEach((resource, amount) -> written.put(resource, amount.toString()));
      amounts.put(bound, written);
    }
    if (config.features().enabled(Feature.QUEUE_PROXY_RESOURCE_DEFAULTS)) {
      put(amounts, LIMITS, "cpu", "1");
      put(amounts, REQUESTS, "memory", "400Mi");
      put(amounts, LIMITS, "memory", "800Mi");
    }
    Map<String, String> annotations = Children.annotations(revision);
    percentage(annotations)
        .ifPresent(share -> shares(amounts, RevisionFacts.servingContainer(revision), share));
    for (String resource : List.of("cpu", "memory", "ephemeral-storage")) {
      for (String bound : List.of(REQUESTS, LIMITS)) {
        String one = bound.substring(0, bound.length() - 1);
        Optional.ofNullable(annotations.get(ANNOTATION + resource + "-resource-" + one))
            .filter(text -> ResourceAmount.parse(text).isPresent())
            .ifPresent(text -> put(amounts, bound, resource, text));
      }
    }
    ResourceRequirements result = new ResourceRequirements();
    result.setRequests(quantities(amounts.get(REQUESTS)));
    result.setLimits(quantities(amounts.get(LIMITS)));
    return result;
  }

  private static void put(
      Map<String, Map<String, String>> amounts, String bound, String resource, String amount) {
    amounts.computeIfAbsent(bound, b -> new LinkedHashMap<>()).put(resource, amount);
  }

  private static Optional<BigDecimal> percentage(Map<String, String> annotations) {
    try {
      return Optional.ofNullable(annotations.get(PERCENTAGE)).map(BigDecimal::new);
    } catch (NumberFormatException e) {
      return Optional.empty(); // admission refuses it; what got past has no effect
    }
  }

  private static void shares(
      Map<String, Map<String, String>> amounts, Container user, BigDecimal percentage) {
    ResourceRequirements given = user.getResources();
    if (given == null) {
      return;
    }
    for (Share share : SHARES) {
      Map<String, Quantity> written =
          share.bound.equals(REQUESTS) ? given.getRequests() : given.getLimits();
      Quantity quantity = written == null ? null : written.get(share.resource);
      if (quantity == null) {
        continue;
      }
      ResourceAmount.parse(quantity.toString())
          .ifPresent(amount ->
              put(
                  amounts,
                  share.bound,
                  share.resource,
                  inShare(share, amount.value(), percentage)));
    }
  }

  private static String inShare(Share share, BigDecimal amount, BigDecimal percentage) {
    BigDecimal part =
        amount
            .multiply(percentage)
            .movePointLeft(2)
            .max(share.least.value())
            .min(share.most.value());
    return share.resource.equals("cpu")
        ? part.movePointRight(3).setScale(0, RoundingMode.DOWN).toPlainString() + "m"
        : part.setScale(0, RoundingMode.DOWN).toPlainString();
  }

  private static @Nullable Map<String, Quantity> quantities(@Nullable Map<String, String> amounts) {
    if (amounts == null || amounts.isEmpty()) {
      return null;
    }
    Map<String, Quantity> result = new LinkedHashMap<>();
    amounts.forEach((resource, amount) -> result.put(resource, Quantity.parse(amount)));
    return result;
  }
}
