package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.config.Feature;
import dev.bellows.api.config.FeaturesConfig;
import dev.bellows.api.quantity.ResourceAmount;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Rules of a pod's volumes; paths begin with {@code volumes}. */
final class VolumeRules {
  private static final List<String> ALWAYS = List.of("secret", "configMap", "projected");

  /** A kind of volume behind a feature, and what the original calls it. */
  private record Gated(String field, Feature feature, String title) {}

  private static final List<Gated> GATED =
      List.of(
          new Gated("emptyDir", Feature.VOLUMES_EMPTY_DIR, "EmptyDir"),
          new Gated("hostPath", Feature.VOLUMES_HOST_PATH, "HostPath"),
          new Gated("csi", Feature.VOLUMES_CSI, "CSI"),
          new Gated("ephemeral", Feature.VOLUMES_EPHEMERAL, "Ephemeral"),
          new Gated("image", Feature.VOLUMES_IMAGE, "Image"));

  private static final String CLAIM = "persistentVolumeClaim";
  private static final Set<String> MEDIA = Set.of("", "Memory");
  private static final Set<String> READ_ONLY = Set.of("secret", "configMap", "projected", "image");

  private final List<JsonNode> volumes;
  private final FeaturesConfig features;
  private final Map<String, JsonNode> byName = new HashMap<>();

  VolumeRules(List<JsonNode> volumes, FeaturesConfig features) {
    this.volumes = volumes;
    this.features = features;
    volumes.forEach(volume -> byName.putIfAbsent(Manifest.text(volume, "name"), volume));
  }

  boolean knows(String name) {
    return byName.containsKey(name);
  }

  /** Whether a volume cannot be written to, whoever mounts it. */
  boolean isReadOnly(String name) {
    JsonNode volume = byName.get(name);
    return volume != null && READ_ONLY.stream().anyMatch(kind -> Manifest.isSet(volume.path(kind)));
  }

  FieldErrors validate() {
    FieldErrors errors = FieldErrors.NONE;
    Set<String> names = new HashSet<>();
    for (int i = 0; i < volumes.size(); i++) {
      JsonNode volume = volumes.get(i);
      String name = Manifest.text(volume, "name");
      FieldErrors found = source(volume, name);
      if (!names.add(name)) {
        found = found.and(FieldError.of("duplicate volume name \"" + name + "\"", "name"));
      }
      if (name.isEmpty()) {
        found = found.and(FieldError.missingField("name"));
      } else if (!DnsNames.isLabel1123(name)) {
        found = found.and(FieldError.invalidValue(name, "name"));
      }
      errors = errors.and(found.atIndex(i).at("volumes"));
    }
    return errors;
  }

  /** A volume that no container mounts is a mistake of somebody's. */
  FieldErrors unmounted(Set<String> mounted) {
    FieldErrors errors = FieldErrors.NONE;
    for (int i = 0; i < volumes.size(); i++) {
      String name = Manifest.text(volumes.get(i), "name");
      if (!mounted.contains(name)) {
        errors =
            errors.and(
                FieldErrors.of(
                        FieldError.of("volume with name \"" + name + "\" not mounted", "name"))
                    .atIndex(i)
                    .at("volumes"));
      }
    }
    return errors;
  }

  private FieldErrors source(JsonNode volume, String name) {
    FieldErrors errors =
        FieldMask.check(volume, this::mayBeSet).and(gates(volume, name)).and(content(volume));
    List<String> kinds = new ArrayList<>(ALWAYS);
    GATED.forEach(gated -> kinds.add(gated.field()));
    kinds.add(CLAIM);
    List<String> set = kinds.stream().filter(kind -> Manifest.isSet(volume.path(kind))).toList();
    if (set.isEmpty()) {
      return errors.and(FieldError.missingOneOf(available().toArray(String[]::new)));
    }
    return set.size() == 1
        ? errors
        : errors.and(FieldError.multipleOneOf(set.toArray(String[]::new)));
  }

  private List<String> available() {
    List<String> available = new ArrayList<>(ALWAYS);
    for (Gated gated : GATED) {
      if (features.enabled(gated.feature())) {
        available.add(gated.field());
      }
    }
    if (features.enabled(Feature.PERSISTENT_VOLUME_CLAIM)) {
      available.add(CLAIM);
    }
    return available;
  }

  private boolean mayBeSet(String field) {
    if (field.equals("name") || ALWAYS.contains(field)) {
      return true;
    }
    if (field.equals(CLAIM)) {
      return features.permits(Feature.PERSISTENT_VOLUME_CLAIM);
    }
    return GATED.stream()
        .anyMatch(gated -> gated.field().equals(field) && features.permits(gated.feature()));
  }

  // About no field in particular, as the original has it.
  private FieldErrors gates(JsonNode volume, String name) {
    FieldErrors errors = FieldErrors.NONE;
    for (Gated gated : GATED) {
      if (Manifest.isSet(volume.path(gated.field())) && !features.enabled(gated.feature())) {
        errors =
            errors.and(
                FieldError.of(
                    "%s volume support is disabled, but found %s volume %s"
                        .formatted(gated.title(), gated.title(), name)));
      }
    }
    JsonNode claim = volume.path(CLAIM);
    if (!Manifest.isSet(claim)) {
      return errors;
    }
    String claimName = Manifest.text(claim, "claimName");
    if (!features.enabled(Feature.PERSISTENT_VOLUME_CLAIM)) {
      errors =
          errors.and(
              FieldError.of(
                  "Persistent volume claim support is disabled, but found persistent volume claim "
                      + claimName));
    }
    if (!claim.path("readOnly").asBoolean() && !features.enabled(Feature.PERSISTENT_VOLUME_WRITE)) {
      errors =
          errors.and(
              FieldError.of(
                  "Persistent volume write support is disabled, but found persistent volume claim "
                      + claimName
                      + " that is not read-only"));
    }
    return errors;
  }

  private static FieldErrors content(JsonNode volume) {
    FieldErrors errors = items(volume.path("secret")).and(items(volume.path("configMap")));
    JsonNode directory = volume.path("emptyDir");
    String medium = Manifest.text(directory, "medium");
    if (!MEDIA.contains(medium)) {
      errors = errors.and(FieldError.invalidValue(medium, "emptyDir.medium"));
    }
    String limit = Manifest.text(directory, "sizeLimit");
    if (ResourceAmount.parse(limit).filter(ResourceAmount::isNegative).isPresent()) {
      errors = errors.and(FieldError.invalidValue(limit, "emptyDir.sizeLimit"));
    }
    List<JsonNode> sources = Manifest.items(volume.path("projected"), "sources");
    for (int i = 0; i < sources.size(); i++) {
      errors = errors.and(projection(sources.get(i)).atIndex(i).at("projected"));
    }
    return errors;
  }

  private static FieldErrors projection(JsonNode source) {
    List<String> kinds = List.of("secret", "configMap", "serviceAccountToken", "downwardAPI");
    List<String> set = kinds.stream().filter(kind -> Manifest.isSet(source.path(kind))).toList();
    FieldErrors errors = FieldErrors.NONE;
    if (set.isEmpty()) {
      errors = errors.and(FieldError.missingOneOf(kinds.toArray(String[]::new)));
    } else if (set.size() > 1) {
      errors = errors.and(FieldError.multipleOneOf(set.toArray(String[]::new)));
    }
    for (String kind : List.of("secret", "configMap")) {
      if (Manifest.isSet(source.path(kind)) && Manifest.text(source.path(kind), "name").isEmpty()) {
        errors = errors.and(FieldErrors.of(FieldError.missingField("name")).at(kind));
      }
      errors = errors.and(items(source.path(kind)).at(kind));
    }
    JsonNode token = source.path("serviceAccountToken");
    return Manifest.isSet(token) && Manifest.text(token, "path").isEmpty()
        ? errors.and(FieldError.missingField("serviceAccountToken.path"))
        : errors;
  }

  private static FieldErrors items(JsonNode source) {
    FieldErrors errors = FieldErrors.NONE;
    List<JsonNode> items = Manifest.items(source, "items");
    for (int i = 0; i < items.size(); i++) {
      for (String field : List.of("key", "path")) {
        if (Manifest.text(items.get(i), field).isEmpty()) {
          errors =
              errors.and(FieldErrors.of(FieldError.missingField(field)).atIndex(i).at("items"));
        }
      }
    }
    return errors;
  }
}
