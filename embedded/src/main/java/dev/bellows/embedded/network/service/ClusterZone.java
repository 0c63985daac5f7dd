package dev.bellows.embedded.network.service;

import dev.bellows.embedded.network.service.ServiceTable.Meaning;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The names of a cluster's Services: {@code SERVICE.NAMESPACE.svc.cluster.local}, as the DNS
 * specification of Kubernetes lays them down.
 */
final class ClusterZone {
  static final String DOMAIN = "cluster.local";

  private static final String SERVICES = ".svc." + DOMAIN;

  /** As many addresses of pods as fit into an answer by UDP that any client takes. */
  private static final int MAX_ADDRESSES = 24;

  /** How often a name may stand for another name. */
  private static final int MAX_ALIASES = 8;

  private final ServiceTable services;

  ClusterZone(ServiceTable services) {
    this.services = services;
  }

  /** What is known of a name. */
  sealed interface Answer {
    /**
     * It exists.
     *
     * @param aliases the names that it stands for, one after the other
     * @param ips addresses of the last of these; empty if that is none of this zone's
     */
    record Found(List<String> aliases, List<String> ips) implements Answer {
      public Found {
        aliases = List.copyOf(aliases);
        ips = List.copyOf(ips);
      }
    }

    /** There is no such name in this zone. */
    record NoSuchName() implements Answer {}

    /** The name is none of this zone's. */
    record Elsewhere() implements Answer {}
  }

  /**
   * Looks a name up.
   *
   * @param name complete, with or without the dot at its end, in any case
   */
  Answer look(String name) {
    String current = normal(name);
    if (!isHere(current)) {
      return new Answer.Elsewhere();
    }
    List<String> aliases = new ArrayList<>();
    while (true) {
      switch (meaning(current)) {
        case Meaning.At(String ip) -> {
          return new Answer.Found(aliases, List.of(ip));
        }
        case Meaning.Pods(List<String> ips) -> {
          List<String> some = new ArrayList<>(ips);
          Collections.shuffle(some); // who takes the first one should not always take the same
          return new Answer.Found(aliases, some.subList(0, Math.min(some.size(), MAX_ADDRESSES)));
        }
        case Meaning.Alias(String target) -> {
          aliases.add(normal(target));
          current = normal(target);
          if (!isHere(current)) {
            return new Answer.Found(aliases, List.of());
          }
          if (aliases.size() == MAX_ALIASES) {
            return new Answer.NoSuchName();
          }
        }
        case null -> {
          return aliases.isEmpty() ? new Answer.NoSuchName() : new Answer.Found(aliases, List.of());
        }
      }
    }
  }

  private static String normal(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  static boolean isHere(String name) {
    return name.equals(DOMAIN) || name.endsWith("." + DOMAIN);
  }

  private @Nullable Meaning meaning(String name) {
    if (!name.endsWith(SERVICES)) {
      return null;
    }
    String[] labels = name.substring(0, name.length() - SERVICES.length()).split("\\.", -1);
    return labels.length == 2 ? services.named(labels[1], labels[0]).orElse(null) : null;
  }
}
