package dev.bellows.embedded.cel;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How Kubernetes wants texts to be, by the names that expressions call these forms. Names of all
 * objects are held to some of them, so that nothing of the language is looked at here.
 */
public enum NamedFormat {
  DNS1123_LABEL("dns1123Label"),
  DNS1123_SUBDOMAIN("dns1123Subdomain"),
  DNS1035_LABEL("dns1035Label"),
  QUALIFIED_NAME("qualifiedName"),
  DNS1123_LABEL_PREFIX("dns1123LabelPrefix"),
  DNS1123_SUBDOMAIN_PREFIX("dns1123SubdomainPrefix"),
  DNS1035_LABEL_PREFIX("dns1035LabelPrefix"),
  LABEL_VALUE("labelValue"),
  URI("uri"),
  UUID("uuid"),
  BYTE("byte"),
  DATE("date"),
  DATETIME("datetime");

  private static final int MAX_LABEL = 63;
  private static final int MAX_SUBDOMAIN = 253;
  private static final int DATE_LENGTH = "2006-01-02".length();

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
  private static final String QUALIFIED_TEXT =
      " must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
          + " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
          + " validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  private static final String LABEL_VALUE_TEXT =
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or"
          + " 'my_value',  or '12345', regex used for validation is"
          + " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

  private final String shown;

  NamedFormat(String shown) {
    this.shown = shown;
  }

  /** Patterns that take time in proportion to the text, and no more stack for a longer one. */
  private static final class Forms {
    static final Pattern LABEL = Pattern.compile("[a-z0-9](?:[-a-z0-9]*[a-z0-9])?");
    static final Pattern LABEL_1035 = Pattern.compile("[a-z](?:[-a-z0-9]*[a-z0-9])?");
    static final Pattern NAME = Pattern.compile("(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");
    static final Pattern UUID =
        Pattern.compile(
            "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}");
    static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/]+={0,2}");
    static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
    static final Pattern TIME =
        Pattern.compile(
            DATE
                + "[Tt](?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:[.,][0-9]+)?"
                + "(?:[Zz]|[+-][0-9]{2}:[0-9]{2})");
  }

  /** As expressions call it. */
  String shown() {
    return shown;
  }

  /** What is wrong with a text, in Kubernetes' words; empty if it has this form. */
  public List<String> wrong(String text) {
    return switch (this) {
      case DNS1123_LABEL -> label1123(text);
      case DNS1123_SUBDOMAIN -> subdomain(text);
      case DNS1035_LABEL -> label1035(text);
      case QUALIFIED_NAME -> qualified(text);
      case DNS1123_LABEL_PREFIX -> label1123(continued(text));
      case DNS1123_SUBDOMAIN_PREFIX -> subdomain(continued(text));
      case DNS1035_LABEL_PREFIX -> label1035(continued(text));
      case LABEL_VALUE -> labelValue(text);
      case URI -> Url.wrong(text);
      case UUID -> unless(Forms.UUID.matcher(text).matches(), "does not match the UUID format");
      case BYTE -> unless(isBase64(text), "invalid base64");
      case DATE -> unless(isDate(text), "invalid date");
      case DATETIME -> unless(isTime(text), "invalid datetime");
    };
  }

  private static List<String> unless(boolean right, String otherwise) {
    return right ? List.of() : List.of(otherwise);
  }

  private static List<String> both(String prefix, String text, int most, List<String> form) {
    List<String> wrong = new ArrayList<>();
    if (text.getBytes(StandardCharsets.UTF_8).length > most) {
      wrong.add(prefix + "must be no more than " + most + " characters");
    }
    wrong.addAll(form);
    return wrong;
  }

  private static boolean isSubdomain(String text) {
    return Arrays.stream(text.split("\\.", -1))
        .allMatch(part -> Forms.LABEL.matcher(part).matches());
  }

  private static List<String> label1123(String text) {
    boolean right = Forms.LABEL.matcher(text).matches();
    String otherwise = isSubdomain(text) ? "must not contain dots" : LABEL_TEXT;
    return both("", text, MAX_LABEL, unless(right, otherwise));
  }

  private static List<String> label1035(String text) {
    boolean right = Forms.LABEL_1035.matcher(text).matches();
    return both("", text, MAX_LABEL, unless(right, LABEL_1035_TEXT));
  }

  private static List<String> subdomain(String text) {
    return both("", text, MAX_SUBDOMAIN, unless(isSubdomain(text), SUBDOMAIN_TEXT));
  }

  private static List<String> labelValue(String text) {
    boolean right = text.isEmpty() || Forms.NAME.matcher(text).matches();
    return both("", text, MAX_LABEL, unless(right, LABEL_VALUE_TEXT));
  }

  private static List<String> qualified(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length > 2) {
      return List.of(
          "a qualified name"
              + QUALIFIED_TEXT
              + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
    }
    List<String> wrong = new ArrayList<>();
    if (parts.length == 2) {
      if (parts[0].isEmpty()) {
        wrong.add("prefix part must be non-empty");
      } else {
        subdomain(parts[0]).forEach(why -> wrong.add("prefix part " + why));
      }
    }
    String name = parts[parts.length - 1];
    if (name.isEmpty()) {
      wrong.add("name part must be non-empty");
    }
    boolean right = Forms.NAME.matcher(name).matches();
    wrong.addAll(both("name part ", name, MAX_LABEL, unless(right, "name part" + QUALIFIED_TEXT)));
    return wrong;
  }

  /** A text that may begin a name, as a name: what follows makes up for a dash at its end. */
  private static String continued(String text) {
    int last = text.length() - 1;
    return last > 0 && text.charAt(last) == '-' && text.charAt(last - 1) < 0x80
        ? text.substring(0, last - 1) + "a"
        : text;
  }

  private static boolean isBase64(String text) {
    return text.length() % 4 == 0 && Forms.BASE64.matcher(text).matches();
  }

  private static boolean isDate(String text) {
    try {
      return Forms.DATE.matcher(text).matches() && LocalDate.parse(text).getDayOfMonth() > 0;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean isTime(String text) {
    return Forms.TIME.matcher(text).matches() && isDate(text.substring(0, DATE_LENGTH));
  }
}
