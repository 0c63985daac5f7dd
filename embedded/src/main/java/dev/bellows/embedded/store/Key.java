package dev.bellows.embedded.store;

import java.util.Comparator;

/**
 * What one stored object is found by.
 *
 * @param resource the plural with its group, {@code pods} or {@code deployments.apps}
 * @param namespace the namespace, empty for what is cluster-scoped
 * @param name the object's name
 */
public record Key(String resource, String namespace, String name) implements Comparable<Key> {
  private static final Comparator<Key> ORDER =
      Comparator.comparing(Key::resource).thenComparing(Key::namespace).thenComparing(Key::name);

  /** Orders by resource, namespace, name: the order in which a list is answered and continued. */
  @Override
  public int compareTo(Key other) {
    return ORDER.compare(this, other);
  }

  /** {@code resource/namespace/name}. */
  @Override
  public String toString() {
    return resource + "/" + namespace + "/" + name;
  }
}
