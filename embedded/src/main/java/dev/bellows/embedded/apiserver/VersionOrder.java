package dev.bellows.embedded.apiserver;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kubernetes' order of versions: v2 before v1, v1 before v1beta1, beta before alpha, others last.
 */
final class VersionOrder {
  static final Comparator<String> PREFERRED_FIRST =
      Comparator.comparing(VersionOrder::rank, Comparator.reverseOrder())
          .thenComparing(Comparator.naturalOrder());

  private static final Pattern FORM = Pattern.compile("v(\\d{1,6})(?:(alpha|beta)(\\d{1,6}))?");

  private VersionOrder() {}

  private static Long rank(String version) {
    Matcher matcher = FORM.matcher(version);
    if (!matcher.matches()) {
      return -1L;
    }
    long stability = matcher.group(2) == null ? 2 : matcher.group(2).equals("beta") ? 1 : 0;
    long minor = matcher.group(3) == null ? 0 : Long.parseLong(matcher.group(3));
    return (stability * 1_000_000 + Long.parseLong(matcher.group(1))) * 1_000_000 + minor;
  }
}
