package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The objects of a resource at one moment.
 *
 * @param resourceVersion a watch from here misses and repeats nothing
 * @param items by namespace, then name; the caller's own copies
 */
public record Listing(long resourceVersion, List<ObjectNode> items) {
  public Listing {
    items = List.copyOf(items);
  }
}
