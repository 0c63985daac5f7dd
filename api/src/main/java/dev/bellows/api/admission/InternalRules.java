package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.util.List;
import java.util.Set;

/** Defaults and rules of the kinds that the system itself writes, for itself or for others. */
final class InternalRules {
  private static final int ALL = 100;

  private InternalRules() {}

  /** The class and its metric, so that nobody has to know the defaults to read the object. */
  static void podAutoscalerDefaults(ObjectNode autoscaler, SystemConfig config) {
    ObjectNode annotations =
        Manifest.within(Manifest.within(autoscaler, "metadata"), "annotations");
    if (Manifest.text(annotations, ScalingAnnotations.CLASS_KEY).isEmpty()) {
      annotations.put(ScalingAnnotations.CLASS_KEY, config.autoscaler().podAutoscalerClass());
    }
    String metric =
        new ScalingAnnotations(Manifest.texts(autoscaler.path("metadata"), "annotations")).metric();
    if (Manifest.text(annotations, ScalingAnnotations.METRIC_KEY).isEmpty() && !metric.isEmpty()) {
      annotations.put(ScalingAnnotations.METRIC_KEY, metric);
    }
  }

  static FieldErrors podAutoscaler(ObjectNode autoscaler, SystemConfig config) {
    JsonNode spec = autoscaler.path("spec");
    FieldErrors errors = target(spec.path("scaleTargetRef")).at("scaleTargetRef");
    long concurrency = spec.path("containerConcurrency").asLong();
    long limit = config.defaults().containerConcurrencyMaxLimit();
    if (concurrency < 0 || concurrency > limit) {
      errors =
          errors.and(
              FieldError.outOfBounds("" + concurrency, "0", "" + limit, "containerConcurrency"));
    }
    return errors.at("spec").and(MetadataRules.scalingAnnotations(autoscaler, config.autoscaler()));
  }

  private static FieldErrors target(JsonNode reference) {
    FieldErrors errors = FieldErrors.NONE;
    for (String field : List.of("apiVersion", "kind", "name")) {
      if (Manifest.text(reference, field).isEmpty()) {
        errors = errors.and(FieldError.missingField(field));
      }
    }
    return errors;
  }

  static FieldErrors metric(ObjectNode metric, SystemConfig config) {
    return MetadataRules.scalingAnnotations(metric, config.autoscaler());
  }

  static void ingressDefaults(ObjectNode ingress) {
    ObjectNode spec = Manifest.within(ingress, "spec");
    textIfAbsent(spec, "httpOption", "Enabled");
    Manifest.objects(spec, "rules")
        .forEach(rule -> {
          textIfAbsent(rule, "visibility", "ExternalIP");
          Manifest.objects(rule.path("http"), "paths")
              .forEach(path -> {
                List<ObjectNode> splits = Manifest.objects(path, "splits").toList();
                if (splits.size() == 1 && splits.getFirst().path("percent").asInt() == 0) {
                  splits.getFirst().put("percent", ALL);
                }
              });
        });
  }

  private static void textIfAbsent(ObjectNode object, String field, String value) {
    if (Manifest.text(object, field).isEmpty()) {
      object.put(field, value);
    }
  }

  static FieldErrors ingress(ObjectNode ingress) {
    JsonNode spec = ingress.path("spec");
    String namespace = Manifest.text(ingress.path("metadata"), "namespace");
    List<JsonNode> rules = Manifest.items(spec, "rules");
    FieldErrors errors =
        rules.isEmpty() ? FieldErrors.of(FieldError.missingField("rules")) : FieldErrors.NONE;
    for (int i = 0; i < rules.size(); i++) {
      errors = errors.and(rule(rules.get(i), namespace).atIndex(i).at("rules"));
    }
    List<JsonNode> tls = Manifest.items(spec, "tls");
    for (int i = 0; i < tls.size(); i++) {
      for (String field : List.of("secretName", "secretNamespace")) {
        if (Manifest.text(tls.get(i), field).isEmpty()) {
          errors = errors.and(FieldErrors.of(FieldError.missingField(field)).atIndex(i).at("tls"));
        }
      }
    }
    return errors.at("spec");
  }

  private static FieldErrors rule(JsonNode rule, String namespace) {
    List<JsonNode> paths = Manifest.items(rule.path("http"), "paths");
    if (paths.isEmpty()) {
      boolean http = Manifest.isSet(rule.path("http"));
      return FieldErrors.of(FieldError.missingField(http ? "http.paths" : "http"));
    }
    FieldErrors errors = FieldErrors.NONE;
    for (int i = 0; i < paths.size(); i++) {
      errors = errors.and(splits(paths.get(i), namespace).atIndex(i).at("paths").at("http"));
    }
    return errors;
  }

  private static FieldErrors splits(JsonNode path, String namespace) {
    List<JsonNode> splits = Manifest.items(path, "splits");
    if (splits.isEmpty()) {
      return FieldErrors.of(FieldError.missingField("splits"));
    }
    FieldErrors errors = FieldErrors.NONE;
    long sum = 0;
    for (int i = 0; i < splits.size(); i++) {
      errors = errors.and(split(splits.get(i), namespace).atIndex(i).at("splits"));
      sum += splits.get(i).path("percent").asLong();
    }
    return sum == ALL
        ? errors
        : errors.and(
            FieldError.of(
                "Traffic split percentage must total to " + ALL + ", but was " + sum, "splits"));
  }

  private static FieldErrors split(JsonNode split, String namespace) {
    FieldErrors errors = FieldErrors.NONE;
    long percent = split.path("percent").asLong();
    if (percent < 0 || percent > ALL) {
      errors = errors.and(FieldError.outOfBounds("" + percent, "0", "" + ALL, "percent"));
    }
    for (String field : List.of("serviceNamespace", "serviceName", "servicePort")) {
      if (!Manifest.isSet(split.path(field))) {
        errors = errors.and(FieldError.missingField(field));
      }
    }
    String theirs = Manifest.text(split, "serviceNamespace");
    return theirs.isEmpty() || theirs.equals(namespace)
        ? errors
        : errors.and(
            FieldError.of("service namespace must match ingress namespace", "serviceNamespace"));
  }

  static FieldErrors serverlessService(ObjectNode service) {
    JsonNode spec = service.path("spec");
    FieldErrors errors =
        oneOf(spec, "mode", Set.of("Serve", "Proxy"))
            .and(oneOf(spec, "protocolType", Set.of("http1", "h2c")));
    long activators = spec.path("numActivators").asLong();
    if (activators < 0) {
      errors = errors.and(FieldError.invalidValue("" + activators, "numActivators"));
    }
    return errors.and(target(spec.path("objectRef")).at("objectRef")).at("spec");
  }

  private static FieldErrors oneOf(JsonNode spec, String field, Set<String> words) {
    String word = Manifest.text(spec, field);
    if (word.isEmpty()) {
      return FieldErrors.of(FieldError.missingField(field));
    }
    return words.contains(word)
        ? FieldErrors.NONE
        : FieldErrors.of(FieldError.invalidValue(word, field));
  }

  static FieldErrors certificate(ObjectNode certificate) {
    JsonNode spec = certificate.path("spec");
    List<JsonNode> names = Manifest.items(spec, "dnsNames");
    String domain = Manifest.text(spec, "domain");
    FieldErrors errors =
        names.isEmpty() ? FieldErrors.of(FieldError.missingField("dnsNames")) : FieldErrors.NONE;
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i).asText();
      if (name.isEmpty()) {
        errors = errors.and(FieldError.invalidValue("", "dnsNames[" + i + "]"));
      } else if (!name.endsWith(domain)) {
        errors = errors.and(FieldError.invalidValue(domain, "domain"));
      }
    }
    if (Manifest.text(spec, "secretName").isEmpty()) {
      errors = errors.and(FieldError.missingField("secretName"));
    }
    return errors.at("spec");
  }
}
