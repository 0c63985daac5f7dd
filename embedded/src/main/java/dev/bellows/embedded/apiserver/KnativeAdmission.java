package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.admission.Admission;
import dev.bellows.api.admission.AdmissionOutcome;
import dev.bellows.api.admission.AdmissionRequest;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.ObjectStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The system's webhooks, in process: defaults and validation of the Knative kinds and of the
 * ConfigMaps in {@code knative-serving}, under the settings that those ConfigMaps hold at the
 * moment.
 */
public final class KnativeAdmission implements AdmissionStep {
  private final ObjectStore store;
  private final PodTrial trial;
  private final Admission admission;
  private volatile Settings settings = new Settings(-1, 0, SystemConfig.DEFAULT);

  /** The settings as of some state of the ConfigMaps. */
  private record Settings(long newest, int count, SystemConfig config) {}

  /** Lets Kubernetes judge, in a dry run, the pods that a template asks for. */
  @FunctionalInterface
  public interface PodTrial {
    /** Judges none. */
    PodTrial NONE = (_, _, _) -> Optional.empty();

    /**
     * Why the pod of an admitted object of a Knative kind could not be created; empty if it could.
     */
    Optional<String> refusal(ResourceType type, ObjectNode object, SystemConfig config);
  }

  /**
   * @param store where the ConfigMaps are read
   * @param trial asked in a dry run
   */
  public KnativeAdmission(ObjectStore store, PodTrial trial) {
    this.store = store;
    this.trial = trial;
    this.admission = new Admission();
  }

  @Override
  public void admit(Request request) {
    boolean concerned =
        request.type().group().endsWith("knative.dev")
            || request.type().equals(ResourceTypes.CONFIG_MAPS);
    // The webhooks are not called for a status: its writers are parts of the system.
    if (!concerned || !request.subresource().isEmpty() || request.operation() == Operation.DELETE) {
      return;
    }
    AdmissionOutcome outcome =
        admission.admit(
            new AdmissionRequest(
                dev.bellows.api.admission.Operation.valueOf(request.operation().name()),
                request.type().group(),
                request.type().kind(),
                request.oldObject().orElse(null),
                request.object(),
                request.user(),
                config()));
    switch (outcome) {
      case AdmissionOutcome.Admitted admitted -> {
        ObjectNode object = Json.object();
        object.setAll(admitted.object());
        request.object().removeAll();
        request.object().setAll(object);
        admitted.warnings().forEach(request.warnings());
        if (request.dryRun()) {
          trial
              .refusal(request.type(), object, config())
              .ifPresent(why -> {
                throw ApiException.of(400, "BadRequest", why);
              });
        }
      }
      case AdmissionOutcome.Denied denied ->
          throw ApiException.of(denied.code(), "BadRequest", denied.message());
    }
  }

  private SystemConfig config() {
    List<Entry> maps =
        store.list(ResourceTypes.CONFIG_MAPS.resource(), SystemConfig.NAMESPACE).entries();
    long newest = maps.stream().mapToLong(Entry::version).max().orElse(0);
    Settings known = settings;
    if (known.newest() == newest && known.count() == maps.size()) {
      return known.config();
    }
    Map<String, Map<String, String>> data = new HashMap<>();
    for (Entry map : maps) {
      if (SystemConfig.knows(map.key().name())) {
        data.put(map.key().name(), data(Json.read(map.value()).path("data")));
      }
    }
    SystemConfig config = SystemConfig.of(data);
    settings = new Settings(newest, maps.size(), config);
    return config;
  }

  private static Map<String, String> data(JsonNode data) {
    Map<String, String> map = new HashMap<>();
    data.properties().forEach(each -> map.put(each.getKey(), each.getValue().asText()));
    return map;
  }
}
