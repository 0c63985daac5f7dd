package dev.bellows.api.admission;

import java.util.ArrayDeque;
import java.util.Deque;

/** Paths inside a container: always with slashes, whatever this machine uses. */
final class Paths {
  private Paths() {}

  /** The shortest path that means the same. */
  static String clean(String path) {
    boolean absolute = path.startsWith("/");
    Deque<String> steps = new ArrayDeque<>();
    for (String step : path.split("/", -1)) {
      if (step.equals("..") && !steps.isEmpty() && !steps.getLast().equals("..")) {
        steps.removeLast();
      } else if (!step.isEmpty() && !step.equals(".") && !(step.equals("..") && absolute)) {
        steps.addLast(step);
      }
    }
    String clean = (absolute ? "/" : "") + String.join("/", steps);
    return clean.isEmpty() ? "." : clean;
  }
}
