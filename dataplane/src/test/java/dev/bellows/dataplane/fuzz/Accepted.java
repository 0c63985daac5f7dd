package dev.bellows.dataplane.fuzz;

import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What we let through and nginx does not, and why that is no other reading of a message. */
enum Accepted {
  /** RFC 9110 §9.1: a method is a token in which case matters; nginx knows upper case alone. */
  OTHER_METHODS(request -> !request.matches("(?s)[A-Z_-]+ .*")),

  /** nginx answers TRACE itself; the original forwards it. */
  TRACE(request -> request.startsWith("TRACE ")),

  /** RFC 9110 §9.3.7: OPTIONS may ask about the whole server; nginx knows no such target. */
  WHOLE_SERVER(request -> request.startsWith("OPTIONS * ")),

  /** nginx resolves and checks a path; here it is the program's own business, octet for octet. */
  PATHS(request -> Pattern.compile("^[^ ]+ [^ ]*(%|\\.\\.|#|[^ -~])").matcher(request).find());

  private final Predicate<String> request;

  Accepted(Predicate<String> request) {
    this.request = request;
  }

  /** Which of them a request is, if any. */
  static Optional<Accepted> by(String request) {
    for (Accepted each : values()) {
      if (!request.startsWith(Recorder.AMBIGUOUS)
          && !request.startsWith("LOST ")
          && each.request.test(request)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }
}
