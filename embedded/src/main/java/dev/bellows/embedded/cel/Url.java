package dev.bellows.embedded.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A URL, absolute or a path from the root on, as a request's first line may have it. What Go's
 * parser takes is taken, in its words what it does not: blanks in paths, an empty port, any name.
 *
 * @param host with its port, if any, and without who asks
 * @param path as it was written
 */
record Url(String scheme, String host, String path, String query) {
  private static final CelType TYPE = OpaqueType.create("kubernetes.URL");
  private static final List<CelType> TEXT = List.of(SimpleType.STRING);
  private static final List<CelType> ONE = List.of(TYPE);

  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][-A-Za-z0-9+.]*)?:");
  private static final Pattern ESCAPE = Pattern.compile("%[0-9a-fA-F]{2}");
  private static final Pattern PORT = Pattern.compile("(?::[0-9]*)?");
  private static final Pattern USER = Pattern.compile("[-A-Za-z0-9._:~!$&'()*+,;=%@]*");
  private static final Pattern NO_PATH = Pattern.compile("[^-A-Za-z0-9_.~!$&'()*+,;=:@\\[\\]/%]");
  private static final String NOT_IN_HOSTS = " #/?@\\^`{|}";

  static Functions functions() {
    return new Functions()
        .global("url", TYPE, TEXT, a -> parse((String) a[0]))
        .global("isURL", SimpleType.BOOL, TEXT, a -> isUrl((String) a[0]))
        .member("getScheme", SimpleType.STRING, ONE, a -> of(a[0]).scheme)
        .member("getHost", SimpleType.STRING, ONE, a -> of(a[0]).host)
        .member("getHostname", SimpleType.STRING, ONE, a -> of(a[0]).hostname())
        .member("getPort", SimpleType.STRING, ONE, a -> of(a[0]).port())
        .member("getEscapedPath", SimpleType.STRING, ONE, a -> of(a[0]).escapedPath())
        .member(
            "getQuery",
            MapType.create(SimpleType.STRING, Functions.LIST_OF_TEXTS),
            ONE,
            a -> query(of(a[0]).query));
  }

  private static Url parse(String text) throws CelEvaluationException {
    try {
      return read(text);
    } catch (CelEvaluationException e) {
      throw Functions.failure("URL parse error during conversion from string: " + e.getMessage());
    }
  }

  private static boolean isUrl(String text) {
    return wrong(text).isEmpty();
  }

  /** Why a text is no URL; empty if it is one. */
  static List<String> wrong(String text) {
    try {
      read(text);
      return List.of();
    } catch (CelEvaluationException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  private static Url of(Object value) {
    return (Url) value;
  }

  private static Url read(String text) throws CelEvaluationException {
    if (text.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw failure(text, "net/url: invalid control character in URL");
    }
    if (text.isEmpty()) {
      throw failure(text, "empty url");
    }
    if (text.equals("*")) {
      return new Url("", "", "*", "");
    }
    Matcher before = SCHEME.matcher(text);
    String scheme = "";
    String rest = text;
    if (before.lookingAt()) {
      if (before.group(1) == null) {
        throw failure(text, "missing protocol scheme");
      }
      scheme = before.group(1).toLowerCase(Locale.ROOT);
      rest = text.substring(before.end());
    }
    int mark = rest.indexOf('?');
    String query = mark < 0 ? "" : rest.substring(mark + 1);
    rest = mark < 0 ? rest : rest.substring(0, mark);
    if (!rest.startsWith("/")) {
      if (scheme.isEmpty()) {
        throw failure(text, "invalid URI for request");
      }
      return new Url(scheme, "", "", query); // what follows is between those who use the scheme
    }
    String host = "";
    if (!scheme.isEmpty() && rest.startsWith("//")) {
      int end = rest.indexOf('/', 2);
      host = host(text, rest.substring(2, end < 0 ? rest.length() : end));
      rest = end < 0 ? "" : rest.substring(end);
    }
    escapes(text, rest, false);
    return new Url(scheme, host, rest, query);
  }

  private static String host(String text, String authority) throws CelEvaluationException {
    int at = authority.lastIndexOf('@');
    String host = authority.substring(at + 1);
    int close = host.lastIndexOf(']');
    String port = "";
    if (host.startsWith("[")) {
      if (close < 0) {
        throw failure(text, "missing ']' in host");
      }
      port = host.substring(close + 1);
    } else if (host.indexOf(':') >= 0) {
      port = host.substring(host.lastIndexOf(':'));
    }
    if (!PORT.matcher(port).matches()) {
      throw failure(text, "invalid port " + quoted(port) + " after host");
    }
    escapes(text, host, true);
    for (int i = 0; i < host.length(); i++) {
      if (NOT_IN_HOSTS.indexOf(host.charAt(i)) >= 0) {
        throw failure(
            text, "invalid character " + quoted(host.substring(i, i + 1)) + " in host name");
      }
    }
    if (at >= 0) {
      String user = authority.substring(0, at);
      if (!USER.matcher(user).matches()) {
        throw failure(text, "net/url: invalid userinfo");
      }
      escapes(text, user, false);
    }
    return host;
  }

  private static void escapes(String text, String part, boolean host)
      throws CelEvaluationException {
    Matcher escape = ESCAPE.matcher(part);
    for (int i = part.indexOf('%'); i >= 0; i = part.indexOf('%', i + 1)) {
      String written = part.substring(i, Math.min(part.length(), i + 3));
      // In a name there is nothing to escape but what is no ASCII, and the mark of a zone.
      boolean plain = host && written.length() > 1 && written.charAt(1) < '8';
      if (!escape.region(i, part.length()).lookingAt() || (plain && !written.equals("%25"))) {
        throw failure(text, "invalid URL escape " + quoted(written));
      }
    }
  }

  private static CelEvaluationException failure(String text, String why) {
    return Functions.failure("parse " + quoted(text) + ": " + why);
  }

  /** A text as Go quotes it. */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        case '\t' -> quoted.append("\\t");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        default -> {
          if (c < ' ' || c == 0x7f) {
            quoted.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  private String hostname() {
    if (host.startsWith("[")) {
      return host.substring(1, Math.max(1, host.indexOf(']')));
    }
    int colon = host.lastIndexOf(':');
    return colon < 0 ? host : host.substring(0, colon);
  }

  private String port() {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.substring(colon + 1) : "";
  }

  private String escapedPath() {
    return NO_PATH
        .matcher(path)
        .replaceAll(found -> {
          StringBuilder escaped = new StringBuilder();
          for (byte each : found.group().getBytes(StandardCharsets.UTF_8)) {
            escaped.append(String.format(Locale.ROOT, "%%%02X", each));
          }
          return escaped.toString();
        });
  }

  private static Map<String, List<String>> query(String query) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String part : query.split("&", -1)) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part : part.substring(0, equals);
      String value = equals < 0 ? "" : part.substring(equals + 1);
      if (!part.isEmpty()) {
        values.computeIfAbsent(decoded(name), none -> new ArrayList<>()).add(decoded(value));
      }
    }
    return values;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
