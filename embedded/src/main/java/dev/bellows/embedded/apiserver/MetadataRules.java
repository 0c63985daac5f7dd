package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What labels, annotations and owner references may look like. */
final class MetadataRules {
  private static final int MAX_ANNOTATION_BYTES = 256 << 10;
  private static final Set<String> STANDARD_FINALIZERS =
      Set.of("kubernetes", "orphan", "foregroundDeletion");
  private static final int MAX_NAME = 63;
  private static final int MAX_PREFIX = 253;
  private static final Pattern NAME = Pattern.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");
  private static final Pattern PREFIX =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

  private MetadataRules() {}

  static void check(ObjectMeta meta, List<Cause> causes) {
    for (Map.Entry<String, JsonNode> label : meta.node().path("labels").properties()) {
      key("metadata.labels", label.getKey(), causes);
      String value = label.getValue().asText();
      if (!value.isEmpty() && (value.length() > MAX_NAME || !NAME.matcher(value).matches())) {
        causes.add(
            Cause.invalid(
                "metadata.labels",
                value,
                value.length() > MAX_NAME
                    ? "must be no more than 63 characters"
                    : "a valid label must be an empty string or consist of alphanumeric"
                        + " characters, '-', '_' or '.', and must start and end with an"
                        + " alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345',"
                        + " regex used for validation is"
                        + " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"));
      }
    }
    long bytes = 0;
    for (Map.Entry<String, JsonNode> annotation : meta.node().path("annotations").properties()) {
      key("metadata.annotations", annotation.getKey(), causes);
      bytes += annotation.getKey().length();
      bytes += annotation.getValue().asText().getBytes(StandardCharsets.UTF_8).length;
    }
    if (bytes > MAX_ANNOTATION_BYTES) {
      causes.add(
          new Cause(
              "FieldValueTooLong",
              "metadata.annotations",
              "Too long: may not be more than " + MAX_ANNOTATION_BYTES + " bytes"));
    }
    int index = 0;
    for (JsonNode owner : meta.node().path("ownerReferences")) {
      for (String field : List.of("apiVersion", "kind", "name", "uid")) {
        if (owner.path(field).asText("").isEmpty()) {
          causes.add(
              new Cause(
                  "FieldValueInvalid",
                  "metadata.ownerReferences[" + index + "]." + field,
                  "Invalid value: \"\": must not be empty"));
        }
      }
      index++;
    }
  }

  /** Of built-in kinds; a custom kind's finalizers may have any name. */
  static void checkFinalizers(ObjectMeta meta, List<Cause> causes) {
    List<String> finalizers = meta.finalizers();
    for (int i = 0; i < finalizers.size(); i++) {
      String name = finalizers.get(i);
      if (!name.contains("/") && !STANDARD_FINALIZERS.contains(name)) {
        causes.add(
            Cause.invalid(
                "metadata.finalizers[" + i + "]",
                name,
                "name is neither a standard finalizer name nor is it fully qualified"));
      }
    }
  }

  private static void key(String field, String key, List<Cause> causes) {
    int slash = key.indexOf('/');
    String prefix = slash < 0 ? "" : key.substring(0, slash);
    String name = key.substring(slash + 1);
    boolean prefixed = slash >= 0;
    if (prefixed
        && (prefix.length() > MAX_PREFIX
            || !PREFIX.matcher(prefix.toLowerCase(Locale.ROOT)).matches())) {
      causes.add(
          Cause.invalid(
              field,
              key,
              "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                  + " characters, '-' or '.', and must start and end with an alphanumeric character"
                  + " (e.g. 'example.com', regex used for validation is"
                  + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"));
    }
    if (name.isEmpty() || name.length() > MAX_NAME || !NAME.matcher(name).matches()) {
      causes.add(
          Cause.invalid(
              field,
              key,
              "name part must consist of alphanumeric characters, '-', '_' or '.', and must start"
                  + " and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or"
                  + " '123-abc', regex used for validation is"
                  + " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"));
    }
  }
}
