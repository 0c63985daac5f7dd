package dev.bellows.api.admission;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Kubernetes' rules for names (RFC 1035, RFC 1123), with the reasons that its own validation gives:
 * users search for these texts.
 */
public final class DnsNames {
  private static final int LONGEST_LABEL = 63;
  private static final int LONGEST_SUBDOMAIN = 253;

  private static final String LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
  private static final String LABEL_1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final String SUBDOMAIN_1123 = LABEL_1123 + "(\\." + LABEL_1123 + ")*";
  private static final String KEY_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

  private static final Pattern IS_LABEL_1035 = Pattern.compile(LABEL_1035);
  private static final Pattern IS_LABEL_1123 = Pattern.compile(LABEL_1123);
  private static final Pattern IS_SUBDOMAIN_1123 = Pattern.compile(SUBDOMAIN_1123);
  private static final Pattern IS_KEY_NAME = Pattern.compile(KEY_NAME);

  private static final String LABEL_1035_REASON =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
          + " alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or"
          + " 'abc-123', regex used for validation is '"
          + LABEL_1035
          + "')";
  private static final String SUBDOMAIN_1123_REASON =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex"
          + " used for validation is '"
          + SUBDOMAIN_1123
          + "')";
  private static final String KEY_NAME_REASON =
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
          + " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
          + " validation is '"
          + KEY_NAME
          + "')";

  private DnsNames() {}

  /** Why a name is no DNS-1035 label; empty if it is one. */
  static List<String> label1035(String name) {
    return reasons(name, IS_LABEL_1035, LABEL_1035_REASON, LONGEST_LABEL);
  }

  /** Why a text cannot begin a DNS-1035 label; empty if it can. A name may go on after a dash. */
  static List<String> label1035Prefix(String prefix) {
    boolean dash = prefix.length() > 1 && prefix.endsWith("-");
    return label1035(dash ? prefix.substring(0, prefix.length() - 1) + "a" : prefix);
  }

  /** Whether a name is a DNS-1123 label. */
  static boolean isLabel1123(String name) {
    return name.length() <= LONGEST_LABEL && IS_LABEL_1123.matcher(name).matches();
  }

  /** Why a name is no DNS-1123 subdomain; empty if it is one. */
  public static List<String> subdomain1123(String name) {
    return reasons(name, IS_SUBDOMAIN_1123, SUBDOMAIN_1123_REASON, LONGEST_SUBDOMAIN);
  }

  /** Why a name is no domain of two or more labels, all of them such as DNS can hold. */
  public static List<String> fullyQualified(String name) {
    List<String> reasons = subdomain1123(name);
    if (!reasons.isEmpty()) {
      return reasons;
    }
    String[] labels = name.split("\\.", -1);
    if (labels.length < 2) {
      return List.of("should be a domain with at least two segments separated by dots");
    }
    return Arrays.stream(labels).anyMatch(label -> label.length() > LONGEST_LABEL)
        ? List.of("must be no more than " + LONGEST_LABEL + " characters")
        : List.of();
  }

  /** Why a text is no label key; empty if it is one. */
  static List<String> labelKey(String key) {
    String[] parts = key.split("/", -1);
    if (parts.length > 2) {
      return List.of(
          "a valid label key "
              + KEY_NAME_REASON
              + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
    }
    List<String> reasons = new ArrayList<>();
    String name = parts[parts.length - 1];
    if (parts.length == 2) {
      if (parts[0].isEmpty()) {
        reasons.add("prefix part must be non-empty");
      } else {
        subdomain1123(parts[0]).forEach(reason -> reasons.add("prefix part " + reason));
      }
    }
    if (name.isEmpty()) {
      reasons.add("name part must be non-empty");
    } else if (name.length() > LONGEST_LABEL) {
      reasons.add("name part must be no more than " + LONGEST_LABEL + " bytes");
    }
    if (!IS_KEY_NAME.matcher(name).matches()) {
      reasons.add("name part " + KEY_NAME_REASON);
    }
    return reasons;
  }

  private static List<String> reasons(String name, Pattern form, String formReason, int longest) {
    List<String> reasons = new ArrayList<>();
    if (name.length() > longest) {
      reasons.add("must be no more than " + longest + " characters");
    }
    if (!form.matcher(name).matches()) {
      reasons.add(formReason);
    }
    return reasons;
  }

  /** Reasons as Go prints a list of texts. */
  static String print(List<String> reasons) {
    return "[" + String.join(" ", reasons) + "]";
  }
}
