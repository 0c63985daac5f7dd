package dev.bellows.embedded.apiserver;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What may be called what. Names never reach a path or a shell before they passed here. */
final class Names {
  /** Kubernetes' alphabet for generated suffixes: no vowels, so no words. */
  private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

  private static final int SUFFIX_LENGTH = 5;
  private static final int MAX_GENERATED_BASE = 63 - SUFFIX_LENGTH;
  private static final SecureRandom RANDOM = new SecureRandom();

  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  private static final Pattern LABEL_1035 = Pattern.compile("[a-z]([-a-z0-9]*[a-z0-9])?");

  private static final String SUBDOMAIN_TEXT =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex"
          + " used for validation is"
          + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  private static final String LABEL_TEXT =
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"
          + " must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc',"
          + " regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
  private static final String LABEL_1035_TEXT =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
          + " alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or"
          + " 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

  private Names() {}

  /** A name that begins with {@code base}; whether it is free is for the store to say. */
  static String generate(String base) {
    StringBuilder name =
        new StringBuilder(base.substring(0, Math.min(base.length(), MAX_GENERATED_BASE)));
    for (int i = 0; i < SUFFIX_LENGTH; i++) {
      name.append(SUFFIX_LETTERS.charAt(RANDOM.nextInt(SUFFIX_LETTERS.length())));
    }
    return name.toString();
  }

  /** Adds a cause if no object of the kind may have a name that begins so. */
  static void checkGenerated(ResourceType type, String base, List<Cause> causes) {
    // What is added makes a good end of it.
    String wrong = base.isEmpty() ? "" : wrong(type, base.replaceFirst("-$", "a"));
    if (!wrong.isEmpty()) {
      causes.add(Cause.invalid("metadata.generateName", base, wrong));
    }
  }

  /** Adds a cause if an object of the kind may not have this name. */
  static void check(ResourceType type, String name, List<Cause> causes) {
    String wrong = wrong(type, name);
    if (!wrong.isEmpty()) {
      causes.add(Cause.invalid("metadata.name", name, wrong));
    }
  }

  /** What is wrong with a name; empty if nothing is. */
  static String wrong(ResourceType type, String name) {
    if (type.group().equals("rbac.authorization.k8s.io")) {
      // Any path segment will do: such names hold colons.
      return String.join(", ", pathSegment(name));
    }
    if (type.equals(ResourceTypes.SERVICES)) {
      return label(name, LABEL_1035, LABEL_1035_TEXT);
    }
    if (type.equals(ResourceTypes.NAMESPACES)) {
      return label(name, LABEL, LABEL_TEXT);
    }
    return subdomain(name);
  }

  /** What is wrong with a DNS subdomain; empty if nothing is. */
  static String subdomain(String name) {
    if (name.length() > 253) {
      return "must be no more than 253 characters";
    }
    return SUBDOMAIN.matcher(name).matches() ? "" : SUBDOMAIN_TEXT;
  }

  /** What keeps a text from being one part of a path. */
  static List<String> pathSegment(String name) {
    List<String> wrong = new ArrayList<>();
    if (name.equals(".") || name.equals("..")) {
      wrong.add("may not be '" + name + "'");
    }
    for (String part : List.of("/", "%")) {
      if (name.contains(part)) {
        wrong.add("may not contain '" + part + "'");
      }
    }
    return wrong;
  }

  /** Adds a cause if a value is no DNS label. */
  static void checkLabel(String field, String value, List<Cause> causes) {
    String wrong = label(value, LABEL, LABEL_TEXT);
    if (!wrong.isEmpty()) {
      causes.add(Cause.invalid(field, value, wrong));
    }
  }

  private static String label(String name, Pattern pattern, String text) {
    if (name.length() > 63) {
      return "must be no more than 63 characters";
    }
    if (pattern.matcher(name).matches()) {
      return "";
    }
    return pattern.equals(LABEL) && SUBDOMAIN.matcher(name).matches()
        ? "must not contain dots"
        : text;
  }
}
