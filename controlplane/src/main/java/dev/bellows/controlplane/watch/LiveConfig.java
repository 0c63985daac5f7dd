package dev.bellows.controlplane.watch;

import dev.bellows.api.config.SystemConfig;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings now in force: the ConfigMaps of the system's namespace, as they are last seen. A
 * good edit acts at once. A bad one, which admission should have refused, is logged and leaves the
 * last good settings in force; so does a ConfigMap's deletion.
 */
public final class LiveConfig implements Supplier<SystemConfig> {
  private static final Logger log = LoggerFactory.getLogger(LiveConfig.class);

  private final List<Consumer<SystemConfig>> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, String> usualNames;
  private volatile SystemConfig current = SystemConfig.DEFAULT;

  /** ConfigMaps of the usual names; to be made before the view is filled. */
  public LiveConfig(Watched<ConfigMap> configMaps) {
    this(configMaps, Map.of());
  }

  /**
   * To be made before the view is filled.
   *
   * @param names of ConfigMaps that have others than the usual, by the usual name
   */
  public LiveConfig(Watched<ConfigMap> configMaps, Map<String, String> names) {
    Map<String, String> usual = new HashMap<>();
    names.forEach((name, other) -> usual.put(name, "")); // what has that name is another's
    names.forEach((name, other) -> usual.put(other, name));
    this.usualNames = Map.copyOf(usual);
    configMaps.onChange(change -> {
      switch (change) {
        case Change.Added<ConfigMap>(ConfigMap map) -> read(map);
        case Change.Updated<ConfigMap>(ConfigMap before, ConfigMap map) -> read(map);
        case Change.Removed<ConfigMap>(ConfigMap map) -> {}
      }
    });
  }

  @Override
  public SystemConfig get() {
    return current;
  }

  /** Tells {@code listener} of every change of the settings, in the informer's thread. */
  public void onChange(Consumer<SystemConfig> listener) {
    listeners.add(listener);
  }

  private void read(ConfigMap map) {
    String found = map.getMetadata().getName();
    String name = usualNames.getOrDefault(found, found);
    if (!SystemConfig.knows(name)) {
      return;
    }
    Map<String, String> data = map.getData() == null ? Map.of() : map.getData();
    switch (current.with(name, data)) {
      case SystemConfig.Change.Accepted(SystemConfig config) -> {
        if (!config.equals(current)) {
          current = config;
          listeners.forEach(listener -> listener.accept(config));
        }
      }
      case SystemConfig.Change.Refused(String message) ->
          log.error("{} is not valid, its last good settings stay in force: {}", name, message);
    }
  }
}
