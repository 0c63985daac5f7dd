package dev.bellows.dataplane.telemetry;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;

/**
 * What this JVM needs, by OpenTelemetry's conventions for JVMs; upstream tells the same of Go's
 * runtime. Nothing is loaded for it before somebody asks.
 */
public final class RuntimeMetrics {
  private static final String SCOPE = "dev.bellows/runtime";
  private static final double MILLIS_PER_SECOND = 1e3;

  private RuntimeMetrics() {}

  /** One look. */
  public static List<Metric> metrics() {
    List<Metric.Point> used = new ArrayList<>();
    List<Metric.Point> committed = new ArrayList<>();
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage usage = pool.getUsage();
      if (usage != null) {
        Attributes about =
            Attributes.of(
                "jvm.memory.pool.name",
                pool.getName(),
                "jvm.memory.type",
                switch (pool.getType()) {
                  case HEAP -> "heap";
                  case NON_HEAP -> "non_heap";
                });
        used.add(new Metric.Point(about, (double) usage.getUsed()));
        committed.add(new Metric.Point(about, (double) usage.getCommitted()));
      }
    }
    List<Metric.Point> collections = new ArrayList<>();
    List<Metric.Point> collecting = new ArrayList<>();
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      Attributes about = Attributes.of("jvm.gc.name", collector.getName());
      collections.add(
          new Metric.Point(about, (double) Math.max(0, collector.getCollectionCount())));
      collecting.add(
          new Metric.Point(about, Math.max(0, collector.getCollectionTime()) / MILLIS_PER_SECOND));
    }
    return List.of(
        Metric.gauge(SCOPE, "jvm.memory.used", "Memory in use.", "By", used),
        Metric.gauge(
            SCOPE, "jvm.memory.committed", "Memory taken from the system.", "By", committed),
        Metric.counter(
            SCOPE, "jvm.gc.collections", "Garbage collections.", "{collection}", collections),
        Metric.counter(SCOPE, "jvm.gc.time", "Time in garbage collections.", "s", collecting),
        one(
            "jvm.thread.count",
            "Platform threads.",
            "{thread}",
            ManagementFactory.getThreadMXBean().getThreadCount()),
        one(
            "jvm.class.count",
            "Classes that are loaded.",
            "{class}",
            ManagementFactory.getClassLoadingMXBean().getLoadedClassCount()));
  }

  private static Metric one(String name, String description, String unit, double value) {
    return Metric.gauge(SCOPE, name, description, unit, Attributes.NONE, value);
  }
}
