package dev.bellows.dataplane.proxy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;

/**
 * What a listener speaks with clients (data-plane spec §1.2).
 *
 * @param versions of TLS, as the JVM names them
 * @param cipherSuites those allowed, as the JVM names them; none = the JVM's own choice. Those of
 *     TLS 1.3 are all allowed, as in the original, where they cannot be chosen among
 * @param curves for the agreement on a key, as the JVM names them, the best first; none = the JVM's
 *     own choice
 */
public record TlsSettings(List<String> versions, List<String> cipherSuites, List<String> curves) {
  /** What the original speaks unless it is told otherwise. */
  public static final TlsSettings DEFAULT =
      new TlsSettings(List.of("TLSv1.3"), List.of(), List.of());

  private static final List<String> VERSIONS = List.of("1.2", "1.3");

  /** Those of the original's curves that this JVM has, by the names that the original gives. */
  private static final Map<String, String> CURVES =
      Map.of(
          "X25519", "x25519",
          "CurveP256", "secp256r1",
          "CurveP384", "secp384r1",
          "CurveP521", "secp521r1",
          "P256", "secp256r1",
          "P384", "secp384r1",
          "P521", "secp521r1");

  public TlsSettings {
    versions = List.copyOf(versions);
    cipherSuites = List.copyOf(cipherSuites);
    curves = List.copyOf(curves);
  }

  /**
   * Reads the variables with a prefix: {@code MIN_VERSION}, {@code MAX_VERSION}, {@code
   * CIPHER_SUITES}, {@code CURVE_PREFERENCES}.
   *
   * @param prefix such as {@code QUEUE_PROXY_TLS_}
   * @param environment a variable's value; empty if it is not set
   * @throws IllegalArgumentException naming the variable that is wrong
   */
  public static TlsSettings fromEnvironment(String prefix, UnaryOperator<String> environment) {
    int lowest = version(prefix + "MIN_VERSION", environment);
    int highest = version(prefix + "MAX_VERSION", environment);
    if (lowest > highest) {
      throw new IllegalArgumentException(
          "%1$sMIN_VERSION must not be higher than %1$sMAX_VERSION".formatted(prefix));
    }
    List<String> suites = suites(prefix + "CIPHER_SUITES", environment);
    return new TlsSettings(
        VERSIONS.subList(lowest, highest + 1).stream().map(each -> "TLSv" + each).toList(),
        suites,
        curves(prefix + "CURVE_PREFERENCES", environment));
  }

  private static int version(String name, UnaryOperator<String> environment) {
    String value = environment.apply(name);
    int version = VERSIONS.indexOf(value.isEmpty() ? VERSIONS.getLast() : value);
    if (version < 0) {
      throw new IllegalArgumentException(name + " must be 1.2 or 1.3, got '" + value + "'");
    }
    return version;
  }

  private static List<String> suites(String name, UnaryOperator<String> environment) {
    List<String> asked = list(environment.apply(name));
    if (asked.isEmpty()) {
      return List.of();
    }
    Set<String> known = knownSuites();
    List<String> suites = new ArrayList<>();
    for (String each : asked) {
      // The original leaves the digest out of two names (RFC 7905).
      String suite = each.endsWith("CHACHA20_POLY1305") ? each + "_SHA256" : each;
      if (!known.contains(suite)) {
        throw new IllegalArgumentException(name + ": unknown cipher suite '" + each + "'");
      }
      suites.add(suite);
    }
    known.stream()
        .filter(each -> !each.contains("_WITH_") && !each.endsWith("_SCSV"))
        .forEach(suites::add);
    return List.copyOf(suites);
  }

  private static Set<String> knownSuites() {
    try {
      return Set.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException("no TLS: " + e.getMessage(), e);
    }
  }

  private static List<String> curves(String name, UnaryOperator<String> environment) {
    return list(environment.apply(name)).stream()
        .map(each -> {
          String curve = CURVES.get(each);
          if (curve == null) {
            throw new IllegalArgumentException(name + ": unknown curve '" + each + "'");
          }
          return curve;
        })
        .distinct()
        .toList();
  }

  private static List<String> list(String value) {
    return Arrays.stream(value.split(",", -1))
        .map(String::strip)
        .filter(each -> !each.isEmpty())
        .toList();
  }

  @Override
  public String toString() {
    return versions.toString().toLowerCase(Locale.ROOT);
  }
}
