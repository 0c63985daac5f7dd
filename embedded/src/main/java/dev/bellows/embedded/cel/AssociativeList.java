package dev.bellows.embedded.cel;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.RandomAccess;

/**
 * A list of type {@code set} or {@code map}: its order is of no meaning, and what is added to it
 * takes the place of what is the same. As in Kubernetes, it is so where it stands on the left.
 */
final class AssociativeList extends AbstractList<Object> implements RandomAccess {
  private final List<Object> elements;
  private final Optional<List<String>> keys;

  /**
   * @param keys the fields by which elements are told apart; empty of a set, whose elements are
   *     told apart by all that they are
   */
  AssociativeList(Collection<?> elements, Optional<List<String>> keys) {
    this.elements = List.copyOf(elements);
    this.keys = keys;
  }

  @Override
  public Object get(int index) {
    return elements.get(index);
  }

  @Override
  public int size() {
    return elements.size();
  }

  private Object key(Object element) {
    if (keys.isEmpty() || !(element instanceof Map<?, ?> fields)) {
      return element;
    }
    List<Object> key = new ArrayList<>();
    keys.get().forEach(name -> key.add(Optional.ofNullable(fields.get(name))));
    return key;
  }

  /** With what another has: in the place of what has the same key, or else at the end. */
  AssociativeList plus(List<?> other) {
    Map<Object, Object> merged = new LinkedHashMap<>();
    elements.forEach(element -> merged.put(key(element), element));
    other.forEach(element -> merged.put(key(element), element));
    return new AssociativeList(merged.values(), keys);
  }

  /** Whether it has what another list has, in whichever order. */
  boolean isSame(List<?> other) {
    if (other.size() != size()) {
      return false;
    }
    Map<Object, Object> mine = new HashMap<>();
    elements.forEach(element -> mine.put(key(element), element));
    Map<Object, Object> theirs = new HashMap<>();
    for (Object element : other) {
      Object key = key(element);
      theirs.put(key, element);
      Object same = mine.get(key);
      if (same == null || !Sameness.same(same, element)) {
        return false;
      }
    }
    return keys.isEmpty() || theirs.size() == mine.size();
  }
}
