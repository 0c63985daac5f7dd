package dev.bellows.embedded.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionOverload;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A version by the rules of Semantic Versioning 2.0.0. Its numbers have no sign; as the language
 * has none without, what is larger than its integers is negative there.
 *
 * @param preRelease its parts, none of a release; what is said of the build does not count
 */
record Version(long major, long minor, long patch, List<String> preRelease)
    implements Comparable<Version> {
  private static final CelType TYPE = OpaqueType.create("kubernetes.Semver");
  private static final List<CelType> TEXT = List.of(SimpleType.STRING);
  private static final List<CelType> TEXT_AND_BOOL = List.of(SimpleType.STRING, SimpleType.BOOL);
  private static final List<CelType> ONE = List.of(TYPE);
  private static final List<CelType> TWO = List.of(TYPE, TYPE);

  private static final int NUMBERS = 3;
  private static final Pattern DIGITS = Pattern.compile("[0-9]*");
  private static final Pattern LETTERS = Pattern.compile("[0-9A-Za-z-]*");

  static Functions functions() {
    return new Functions()
        .global("semver", TYPE, TEXT, a -> parse((String) a[0]))
        .global("semver", TYPE, TEXT_AND_BOOL, a -> parse(text(a)))
        .global("isSemver", SimpleType.BOOL, TEXT, a -> isVersion(b -> b[0], a))
        .global("isSemver", SimpleType.BOOL, TEXT_AND_BOOL, a -> isVersion(Version::text, a))
        .member("major", SimpleType.INT, ONE, a -> of(a[0]).major)
        .member("minor", SimpleType.INT, ONE, a -> of(a[0]).minor)
        .member("patch", SimpleType.INT, ONE, a -> of(a[0]).patch)
        .member("compareTo", SimpleType.INT, TWO, a -> (long) of(a[0]).compareTo(of(a[1])))
        .member("isLessThan", SimpleType.BOOL, TWO, a -> of(a[0]).compareTo(of(a[1])) < 0)
        .member("isGreaterThan", SimpleType.BOOL, TWO, a -> of(a[0]).compareTo(of(a[1])) > 0);
  }

  private static boolean isVersion(CelFunctionOverload text, Object[] arguments) {
    try {
      parse((String) text.apply(arguments));
      return true;
    } catch (CelEvaluationException e) {
      return false;
    }
  }

  /** A version's text, with a second argument that says whether it may be loosely written. */
  private static String text(Object[] arguments) throws CelEvaluationException {
    String text = (String) arguments[0];
    return Boolean.TRUE.equals(arguments[1]) ? normalized(text) : text;
  }

  /** Without a {@code v} before it and zeros before its numbers, and with those that lack. */
  private static String normalized(String text) throws CelEvaluationException {
    String[] written = (text.startsWith("v") ? text.substring(1) : text).split("\\.", NUMBERS);
    List<String> parts = new ArrayList<>();
    for (String part : written) {
      String stripped = part.replaceFirst("^0+", "");
      boolean bare = stripped.isEmpty() || !isNumber(stripped.substring(0, 1));
      parts.add(part.length() < 2 ? part : bare ? "0" + stripped : stripped);
    }
    String last = parts.getLast();
    if (parts.size() < NUMBERS && (last.contains("-") || last.contains("+"))) {
      throw Functions.failure("short version cannot contain PreRelease/Build meta data");
    }
    while (parts.size() < NUMBERS) {
      parts.add("0");
    }
    return String.join(".", parts);
  }

  private static Version parse(String text) throws CelEvaluationException {
    if (text.isEmpty()) {
      throw Functions.failure("Version string empty");
    }
    String[] parts = text.split("\\.", NUMBERS);
    if (parts.length != NUMBERS) {
      throw Functions.failure("No Major.Minor.Patch elements found");
    }
    long major = number("major", "Major", parts[0]);
    long minor = number("minor", "Minor", parts[1]);
    String[] beforeBuild = parts[2].split("\\+", 2);
    String[] beforePreRelease = beforeBuild[0].split("-", 2);
    long patch = number("patch", "Patch", beforePreRelease[0]);
    List<String> preRelease =
        beforePreRelease.length > 1 ? List.of(beforePreRelease[1].split("\\.", -1)) : List.of();
    for (String part : preRelease) {
      preRelease(part);
    }
    if (beforeBuild.length > 1) {
      for (String part : beforeBuild[1].split("\\.", -1)) {
        require(!part.isEmpty(), "Build meta data is empty");
        require(
            LETTERS.matcher(part).matches(),
            "Invalid character(s) found in build meta data \"" + part + "\"");
      }
    }
    return new Version(major, minor, patch, preRelease);
  }

  private static void preRelease(String part) throws CelEvaluationException {
    require(!part.isEmpty(), "Prerelease is empty");
    if (isNumber(part)) {
      require(
          part.length() == 1 || part.charAt(0) != '0',
          "Numeric PreRelease version must not contain leading zeroes \"" + part + "\"");
      unsigned(part);
    }
    require(
        LETTERS.matcher(part).matches(),
        "Invalid character(s) found in prerelease \"" + part + "\"");
  }

  private static boolean isNumber(String part) {
    return DIGITS.matcher(part).matches();
  }

  private static long number(String name, String capital, String part)
      throws CelEvaluationException {
    require(isNumber(part), "Invalid character(s) found in " + name + " number \"" + part + "\"");
    require(
        part.length() < 2 || part.charAt(0) != '0',
        capital + " number must not contain leading zeroes \"" + part + "\"");
    return unsigned(part);
  }

  private static long unsigned(String digits) throws CelEvaluationException {
    String failed = "strconv.ParseUint: parsing \"" + digits + "\": ";
    require(!digits.isEmpty(), failed + "invalid syntax");
    try {
      return Long.parseUnsignedLong(digits);
    } catch (NumberFormatException e) {
      throw Functions.failure(failed + "value out of range");
    }
  }

  private static void require(boolean fulfilled, String otherwise) throws CelEvaluationException {
    if (!fulfilled) {
      throw Functions.failure(otherwise);
    }
  }

  private static Version of(Object value) {
    return (Version) value;
  }

  @Override
  public int compareTo(Version other) {
    int order = Long.compareUnsigned(major, other.major);
    order = order == 0 ? Long.compareUnsigned(minor, other.minor) : order;
    order = order == 0 ? Long.compareUnsigned(patch, other.patch) : order;
    if (order != 0 || preRelease.isEmpty() || other.preRelease.isEmpty()) {
      return order != 0 ? order : Boolean.compare(preRelease.isEmpty(), other.preRelease.isEmpty());
    }
    for (int i = 0; i < Math.min(preRelease.size(), other.preRelease.size()); i++) {
      int each = compare(preRelease.get(i), other.preRelease.get(i));
      if (each != 0) {
        return each;
      }
    }
    return Integer.compare(preRelease.size(), other.preRelease.size());
  }

  private static int compare(String a, String b) {
    boolean numbers = isNumber(a);
    if (numbers != isNumber(b)) {
      return numbers ? -1 : 1;
    }
    return Integer.signum(
        numbers
            ? Long.compareUnsigned(Long.parseUnsignedLong(a), Long.parseUnsignedLong(b))
            : a.compareTo(b));
  }
}
