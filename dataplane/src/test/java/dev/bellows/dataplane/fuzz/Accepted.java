package dev.bellows.dataplane.fuzz;

import java.util.Optional;
import java.util.regex.Pattern;

/** What we let through and nginx does not, and why that is no other reading of a message. */
enum Accepted {
  /** RFC 9110 §9.1: a method is a token in which case matters; nginx knows upper case alone. */
  OTHER_METHODS("^(?![A-Z_-]+ )", ""),

  /** nginx answers TRACE itself; the original forwards it. */
  TRACE("^TRACE ", ""),

  /** RFC 9110 §9.3.7: OPTIONS may ask about the whole server; nginx knows no such target. */
  WHOLE_SERVER("^OPTIONS \\* ", ""),

  /** nginx resolves and checks a path; here it is the program's own business, octet for octet. */
  PATHS("^[^ ]+ [^ ]*(%|\\.\\.|#|[^ -~])", ""),

  /** RFC 9110 §5.6.3: tabs may stand around a value; nginx knows spaces alone. */
  TABS("", ": *\\t|\\t *\r?\n"),

  /** RFC 9110 §10.1.1: expectations are a list, which may be said in several lines. */
  EXPECTED_TWICE("", "(?is)\nexpect *:[^\n]*\n(?:[^\r\n]+\r?\n)*expect *:"),

  /** RFC 9110 §7.2: a Host may be empty; nginx wants a name in it. */
  EMPTY_HOST("", "(?i)\nhost: *\r?\n");

  private final Pattern request;
  private final Pattern stream;

  Accepted(String request, String stream) {
    this.request = Pattern.compile(request);
    this.stream = Pattern.compile(stream);
  }

  /**
   * Which of them a difference is, if any.
   *
   * @param request the first that we let through and nginx did not
   * @param stream all that was sent
   */
  static Optional<Accepted> by(String request, String stream) {
    if (request.startsWith(Recorder.AMBIGUOUS) || request.startsWith("LOST ")) {
      return Optional.empty();
    }
    for (Accepted each : values()) {
      if (each.request.matcher(request).find() && each.stream.matcher(stream).find()) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }
}
