package dev.bellows.embedded.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A URL, absolute or a path from the root on, as a request's first line may have it. */
record Url(URI uri) {
  private static final CelType TYPE = OpaqueType.create("kubernetes.URL");
  private static final List<CelType> TEXT = List.of(SimpleType.STRING);
  private static final List<CelType> ONE = List.of(TYPE);

  static Functions functions() {
    return new Functions()
        .global("url", TYPE, TEXT, a -> parse((String) a[0]))
        .global("isURL", SimpleType.BOOL, TEXT, a -> isUrl((String) a[0]))
        .member("getScheme", SimpleType.STRING, ONE, a -> text(of(a[0]).getScheme()))
        .member("getHost", SimpleType.STRING, ONE, a -> host(of(a[0])))
        .member("getHostname", SimpleType.STRING, ONE, a -> hostname(of(a[0])))
        .member("getPort", SimpleType.STRING, ONE, a -> port(of(a[0])))
        .member("getEscapedPath", SimpleType.STRING, ONE, a -> text(of(a[0]).getRawPath()))
        .member(
            "getQuery",
            MapType.create(SimpleType.STRING, Functions.LIST_OF_TEXTS),
            ONE,
            a -> query(text(of(a[0]).getRawQuery())));
  }

  private static Url parse(String text) throws CelEvaluationException {
    try {
      URI uri = new URI(text);
      if (uri.isAbsolute() || text.startsWith("/")) {
        return new Url(uri);
      }
      throw failure(text, "invalid URI for request");
    } catch (URISyntaxException e) {
      throw failure(text, e.getReason());
    }
  }

  private static CelEvaluationException failure(String text, String why) {
    return Functions.failure(
        "URL parse error during conversion from string: parse \"" + text + "\": " + why);
  }

  private static boolean isUrl(String text) {
    try {
      parse(text);
      return true;
    } catch (CelEvaluationException e) {
      return false;
    }
  }

  private static URI of(Object value) {
    return ((Url) value).uri;
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static String host(URI uri) {
    String authority = text(uri.getRawAuthority());
    return authority.substring(authority.lastIndexOf('@') + 1);
  }

  private static String hostname(URI uri) {
    String host = host(uri);
    if (host.startsWith("[")) {
      return host.substring(1, Math.max(1, host.indexOf(']')));
    }
    int colon = host.indexOf(':');
    return colon < 0 ? host : host.substring(0, colon);
  }

  private static String port(URI uri) {
    return uri.getPort() < 0 ? "" : Integer.toString(uri.getPort());
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
