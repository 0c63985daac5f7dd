package dev.bellows.embedded.runtime;

import java.util.List;

/**
 * Whom a program runs as, by numbers alone: the machine need not know a user of that number.
 *
 * @param uid the user
 * @param gid the first group
 * @param groups all further groups
 */
public record Identity(int uid, int gid, List<Integer> groups) {
  /** Further groups that a program can have; the kernel would take 65,536. */
  public static final int MAX_GROUPS = 1024;

  public Identity {
    groups = List.copyOf(groups);
    if (uid < 0 || gid < 0 || groups.stream().anyMatch(group -> group < 0)) {
      throw new IllegalArgumentException("users and groups have numbers from 0 to 2147483647");
    }
    if (groups.size() > MAX_GROUPS) {
      throw new IllegalArgumentException("more than " + MAX_GROUPS + " groups");
    }
  }
}
