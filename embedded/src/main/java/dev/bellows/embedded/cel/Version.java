package dev.bellows.embedded.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import java.math.BigInteger;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version by the rules of Semantic Versioning 2.0.0.
 *
 * @param preRelease its parts, none of a release; what is said of the build does not count
 */
record Version(long major, long minor, long patch, List<String> preRelease)
    implements Comparable<Version> {
  private static final CelType TYPE = OpaqueType.create("kubernetes.Semver");
  private static final List<CelType> TEXT = List.of(SimpleType.STRING);
  private static final List<CelType> ONE = List.of(TYPE);
  private static final List<CelType> TWO = List.of(TYPE, TYPE);

  private static final String NUMBER = "(0|[1-9][0-9]{0,17})";
  private static final String PART = "(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
  private static final Pattern FORM =
      Pattern.compile(
          NUMBER
              + "\\."
              + NUMBER
              + "\\."
              + NUMBER
              + "(?:-("
              + PART
              + "(?:\\."
              + PART
              + ")*+))?+(?:\\+[0-9a-zA-Z-]++(?:\\.[0-9a-zA-Z-]++)*+)?+");

  /** Of a version, in characters. */
  private static final int MAX_LENGTH = 256;

  static Functions functions() {
    return new Functions()
        .global("semver", TYPE, TEXT, a -> parse((String) a[0]))
        .global("isSemver", SimpleType.BOOL, TEXT, a -> matcher((String) a[0]).matches())
        .member("major", SimpleType.INT, ONE, a -> of(a[0]).major)
        .member("minor", SimpleType.INT, ONE, a -> of(a[0]).minor)
        .member("patch", SimpleType.INT, ONE, a -> of(a[0]).patch)
        .member("compareTo", SimpleType.INT, TWO, a -> (long) of(a[0]).compareTo(of(a[1])))
        .member("isLessThan", SimpleType.BOOL, TWO, a -> of(a[0]).compareTo(of(a[1])) < 0)
        .member("isGreaterThan", SimpleType.BOOL, TWO, a -> of(a[0]).compareTo(of(a[1])) > 0);
  }

  private static Matcher matcher(String text) {
    return FORM.matcher(text.length() > MAX_LENGTH ? "" : text);
  }

  private static Version parse(String text) throws CelEvaluationException {
    Matcher form = matcher(text);
    if (!form.matches()) {
      throw Functions.failure("No Major.Minor.Patch elements found");
    }
    String pre = form.group(4) == null ? "" : form.group(4);
    return new Version(
        Long.parseLong(form.group(1)),
        Long.parseLong(form.group(2)),
        Long.parseLong(form.group(3)),
        pre.isEmpty() ? List.of() : List.of(pre.split("\\.", -1)));
  }

  private static Version of(Object value) {
    return (Version) value;
  }

  @Override
  public int compareTo(Version other) {
    int order = Long.compare(major, other.major);
    order = order == 0 ? Long.compare(minor, other.minor) : order;
    order = order == 0 ? Long.compare(patch, other.patch) : order;
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
    boolean numbers = a.matches("[0-9]+");
    if (numbers != b.matches("[0-9]+")) {
      return numbers ? -1 : 1;
    }
    return Integer.signum(
        numbers ? new BigInteger(a).compareTo(new BigInteger(b)) : a.compareTo(b));
  }
}
