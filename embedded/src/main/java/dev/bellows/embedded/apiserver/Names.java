package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.cel.NamedFormat;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/** What may be called what. Names never reach a path or a shell before they passed here. */
final class Names {
  /** Kubernetes' alphabet for generated suffixes: no vowels, so no words. */
  private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

  private static final int SUFFIX_LENGTH = 5;
  private static final int MAX_GENERATED_BASE = 63 - SUFFIX_LENGTH;
  private static final SecureRandom RANDOM = new SecureRandom();

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
      return first(NamedFormat.DNS1035_LABEL, name);
    }
    if (type.equals(ResourceTypes.NAMESPACES)) {
      return first(NamedFormat.DNS1123_LABEL, name);
    }
    return subdomain(name);
  }

  /** What is wrong with a DNS subdomain; empty if nothing is. */
  static String subdomain(String name) {
    return first(NamedFormat.DNS1123_SUBDOMAIN, name);
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
    String wrong = first(NamedFormat.DNS1123_LABEL, value);
    if (!wrong.isEmpty()) {
      causes.add(Cause.invalid(field, value, wrong));
    }
  }

  private static String first(NamedFormat format, String name) {
    List<String> wrong = format.wrong(name);
    return wrong.isEmpty() ? "" : wrong.getFirst();
  }
}
