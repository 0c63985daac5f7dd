package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.store.ObjectStore;
import java.util.List;

/** Keeps the {@link Catalog} in step with the stored CustomResourceDefinitions. */
final class Catalogs {
  private final ObjectStore store;
  private final List<Resource> builtIn = BuiltIns.all();
  private volatile Catalog now;

  Catalogs(ObjectStore store) {
    this.store = store;
    this.now = new Catalog(builtIn, List.of());
    refresh();
  }

  Catalog now() {
    return now;
  }

  /** Reads the definitions again; called after each write of one. */
  synchronized void refresh() {
    List<Resource> custom =
        store.list(ResourceTypes.CUSTOM_RESOURCE_DEFINITIONS.resource(), null).entries().stream()
            .map(entry -> CustomResources.of(Json.read(entry.value())))
            .toList();
    now = new Catalog(builtIn, custom);
  }
}
