package dev.bellows.embedded.apiserver;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The kinds that are served at the moment. Replaced as a whole when a CustomResourceDefinition
 * comes or goes; a reader keeps the one that it began with.
 */
final class Catalog {
  private record Name(String group, String plural) {}

  private final Map<Name, Resource> resources = new LinkedHashMap<>();

  Catalog(Collection<Resource> builtIn, Collection<Resource> custom) {
    builtIn.forEach(this::add);
    custom.forEach(this::add);
  }

  private void add(Resource resource) {
    resources.put(new Name(resource.type().group(), resource.type().plural()), resource);
  }

  Optional<Resource> find(String group, String plural) {
    return Optional.ofNullable(resources.get(new Name(group, plural)));
  }

  /** Every kind, the built-in ones first. */
  Collection<Resource> all() {
    return resources.values();
  }
}
