package dev.bellows.core.kpa;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.CollectionSnapshot;
import dev.bellows.core.stat.WindowSnapshot;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Snapshots of many Revisions as bytes of a bounded size, in a form of our own: its number, the
 * moment, then one Revision after the other. A reader refuses a form that it does not know.
 */
public final class ScalingSnapshots {
  private static final byte FORM = 2;
  private static final byte ZERO = 0;
  private static final byte NUMBER = 1;

  /** More than a scale-down delay of an hour can remember. */
  private static final int MOST_HELD = 2_000;

  private static final int LONGEST_WINDOW = 86_400;

  private ScalingSnapshots() {}

  /**
   * Writes as many as fit, those with the most pods first: of the others a successor knows what was
   * wanted last, which is the less the fewer they are.
   *
   * @param limit in bytes
   */
  public static byte[] encode(
      Map<RevisionId, ScalingSnapshot> snapshots, Instant takenAt, int limit) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(all)) {
      out.writeByte(FORM);
      out.writeLong(takenAt.toEpochMilli());
      List<Map.Entry<RevisionId, ScalingSnapshot>> ordered = new ArrayList<>(snapshots.entrySet());
      ordered.sort(
          Comparator.comparingInt((Map.Entry<RevisionId, ScalingSnapshot> each) ->
                  -each.getValue().status().desiredScale())
              .thenComparing(Map.Entry::getKey));
      for (Map.Entry<RevisionId, ScalingSnapshot> each : ordered) {
        byte[] one = encode(each.getKey(), each.getValue());
        if (all.size() + one.length > limit) {
          break;
        }
        out.write(one);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing into memory", e);
    }
    return all.toByteArray();
  }

  private static byte[] encode(RevisionId id, ScalingSnapshot snapshot) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeUTF(id.namespace());
    out.writeUTF(id.name());
    out.writeInt(snapshot.status().desiredScale());
    out.writeInt(snapshot.status().excessBurstCapacity());
    out.writeLong(snapshot.status().shortAt().map(Instant::toEpochMilli).orElse(Long.MIN_VALUE));
    AutoscalerSnapshot autoscaler = snapshot.autoscaler();
    out.writeLong(autoscaler.panickingFor().map(Duration::toNanos).orElse(Long.MIN_VALUE));
    out.writeInt(autoscaler.maxPanicPods());
    out.writeInt(autoscaler.delay().size());
    for (AutoscalerSnapshot.Held held : autoscaler.delay()) {
      out.writeLong(held.age());
      out.writeInt(held.pods());
    }
    CollectionSnapshot windows = snapshot.windows();
    out.writeBoolean(windows.aggregation() == Aggregation.WEIGHTED_EXPONENTIAL);
    write(out, windows.concurrencyStable());
    write(out, windows.concurrencyPanic());
    write(out, windows.rpsStable());
    write(out, windows.rpsPanic());
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, WindowSnapshot window) throws IOException {
    out.writeInt(window.length());
    out.writeBoolean(window.isEmpty());
    if (window.isEmpty()) {
      return;
    }
    out.writeLong(window.newestAge());
    out.writeLong(window.oldestAge());
    out.writeDouble(window.total());
    for (double value : window.newestFirst()) {
      if (value == 0) {
        out.writeByte(ZERO);
      } else {
        out.writeByte(NUMBER);
        out.writeDouble(value);
      }
    }
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if it is nothing of the kind
   */
  public static Map<RevisionId, ScalingSnapshot> decode(byte[] bytes) {
    Map<RevisionId, ScalingSnapshot> all = new LinkedHashMap<>();
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      byte form = in.readByte();
      if (form != FORM) {
        throw new IllegalArgumentException("snapshots of form " + form + ", not " + FORM);
      }
      Instant takenAt = Instant.ofEpochMilli(in.readLong());
      while (in.available() > 0) {
        RevisionId id = new RevisionId(in.readUTF(), in.readUTF());
        all.put(id, read(in, takenAt));
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("snapshots that end too early", e);
    }
    return all;
  }

  private static ScalingSnapshot read(DataInputStream in, Instant takenAt) throws IOException {
    int desired = in.readInt();
    int excess = in.readInt();
    long shortAt = in.readLong();
    DeciderStatus status =
        new DeciderStatus(
            desired,
            excess,
            shortAt == Long.MIN_VALUE
                ? Optional.empty()
                : Optional.of(Instant.ofEpochMilli(shortAt)));
    long panicking = in.readLong();
    int maxPanicPods = in.readInt();
    int count = bounded(in.readInt(), 0, MOST_HELD);
    List<AutoscalerSnapshot.Held> delay = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      delay.add(new AutoscalerSnapshot.Held(in.readLong(), in.readInt()));
    }
    Aggregation aggregation =
        in.readBoolean() ? Aggregation.WEIGHTED_EXPONENTIAL : Aggregation.LINEAR;
    return new ScalingSnapshot(
        new CollectionSnapshot(
            takenAt, aggregation, window(in), window(in), window(in), window(in)),
        new AutoscalerSnapshot(
            panicking == Long.MIN_VALUE
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(panicking)),
            maxPanicPods,
            delay),
        status);
  }

  private static WindowSnapshot window(DataInputStream in) throws IOException {
    int length = bounded(in.readInt(), 1, LONGEST_WINDOW);
    if (in.readBoolean()) {
      return WindowSnapshot.empty(length);
    }
    long newestAge = in.readLong();
    long oldestAge = in.readLong();
    double total = in.readDouble();
    List<Double> newestFirst = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      newestFirst.add(in.readByte() == ZERO ? 0 : in.readDouble());
    }
    return new WindowSnapshot(length, newestFirst, total, newestAge, oldestAge);
  }

  private static int bounded(int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(value + " is not between " + least + " and " + most);
    }
    return value;
  }
}
