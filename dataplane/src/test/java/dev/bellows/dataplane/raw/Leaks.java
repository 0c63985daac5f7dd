package dev.bellows.dataplane.raw;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Remembers every buffer that was collected without having been released. Netty loads it by a
 * system property of the test run, which also makes it watch every buffer (level paranoid).
 */
public final class Leaks<T> extends ResourceLeakDetector<T> {
  private static final List<String> FOUND = new CopyOnWriteArrayList<>();
  private static final int COLLECTIONS = 3;

  /** For Netty. */
  public Leaks(Class<?> type, int samplingInterval, long maxActive) {
    super(type, samplingInterval);
  }

  /** For Netty. */
  public Leaks(Class<?> type, int samplingInterval) {
    super(type, samplingInterval);
  }

  @Override
  protected boolean needReport() {
    return true;
  }

  @Override
  protected void reportTracedLeak(String resourceType, String records) {
    FOUND.add(resourceType + records);
  }

  @Override
  protected void reportUntracedLeak(String resourceType) {
    FOUND.add(resourceType);
  }

  /** Fails if a buffer has leaked so far, as far as the collector has noticed. */
  public static void assertNone() {
    assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      ByteBufAllocator.DEFAULT.directBuffer(16).release(); // reports what the collector found
    }
    assertThat(FOUND).isEmpty();
  }
}
