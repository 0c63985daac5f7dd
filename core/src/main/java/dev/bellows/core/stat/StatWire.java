package dev.bellows.core.stat;

import dev.bellows.core.revision.RevisionId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The protobuf form of statistics (data-plane spec §5.2): {@code metrics.Stat} as a queue-proxy
 * serves it, {@code metrics.WireStatMessages} as activators send it.
 *
 * <p>Written by hand because both the data plane and the control plane speak it and this module
 * depends on the JDK alone: three flat messages are less than a generated library. Unknown fields
 * are passed over, a repeated one replaces or (messages) merges with the earlier, both as proto3
 * asks. A known field of the wrong wire type is refused, as the original's decoder does.
 */
public final class StatWire {
  private StatWire() {}

  /** The bytes of one {@code metrics.Stat}. */
  public static byte[] encode(Stat stat) {
    WireWriter out = new WireWriter();
    out.string(1, stat.podName());
    out.fixedDouble(2, stat.averageConcurrentRequests());
    out.fixedDouble(3, stat.averageProxiedConcurrentRequests());
    out.fixedDouble(4, stat.requestCount());
    out.fixedDouble(5, stat.proxiedRequestCount());
    out.fixedDouble(6, stat.processUptime());
    out.integer(7, stat.timestamp());
    return out.toByteArray();
  }

  /** The bytes of one {@code metrics.WireStatMessages}. */
  public static byte[] encode(List<StatMessage> messages) {
    return encodeEntries(
        messages.stream()
            .map(message ->
                new Entry(
                    message.revision().namespace(), message.revision().name(), message.stat()))
            .toList());
  }

  /**
   * Reads one {@code metrics.Stat}.
   *
   * @throws MalformedStatException if the bytes are no such message
   */
  public static Stat decodeStat(byte[] bytes) {
    StatFields fields = new StatFields();
    fields.merge(new WireReader(bytes));
    return fields.toStat();
  }

  /**
   * Reads one {@code metrics.WireStatMessages}. Entries without a stat, and those that name no
   * Revision, say nothing about any Revision and are left out.
   *
   * @throws MalformedStatException if the bytes are no such message
   */
  public static List<StatMessage> decodeMessages(byte[] bytes) {
    List<StatMessage> messages = new ArrayList<>();
    for (Entry entry : decodeEntries(bytes)) {
      Stat stat = entry.stat();
      if (stat != null && !entry.namespace().isEmpty() && !entry.name().isEmpty()) {
        messages.add(new StatMessage(new RevisionId(entry.namespace(), entry.name()), stat));
      }
    }
    return messages;
  }

  /** A {@code metrics.WireStatMessage} as it came, whether or not it makes sense. */
  record Entry(String namespace, String name, @Nullable Stat stat) {}

  static byte[] encodeEntries(List<Entry> entries) {
    WireWriter out = new WireWriter();
    for (Entry entry : entries) {
      out.bytes(1, encodeEntry(entry));
    }
    return out.toByteArray();
  }

  static byte[] encodeEntry(Entry entry) {
    WireWriter out = new WireWriter();
    out.string(1, entry.namespace());
    out.string(2, entry.name());
    Stat stat = entry.stat();
    if (stat != null) {
      out.bytes(3, encode(stat));
    }
    return out.toByteArray();
  }

  static List<Entry> decodeEntries(byte[] bytes) {
    List<Entry> entries = new ArrayList<>();
    WireReader in = new WireReader(bytes);
    while (in.hasNext()) {
      if (in.field() == 1) {
        entries.add(decodeEntry(in.nested()));
      } else {
        in.skip();
      }
    }
    return entries;
  }

  private static Entry decodeEntry(WireReader in) {
    String namespace = "";
    String name = "";
    StatFields stat = null;
    while (in.hasNext()) {
      switch (in.field()) {
        case 1 -> namespace = in.string();
        case 2 -> name = in.string();
        case 3 -> {
          stat = stat == null ? new StatFields() : stat;
          stat.merge(in.nested());
        }
        default -> in.skip();
      }
    }
    return new Entry(namespace, name, stat == null ? null : stat.toStat());
  }

  /** The fields of a Stat while its bytes are read. */
  private static final class StatFields {
    private String podName = "";
    private double averageConcurrentRequests;
    private double averageProxiedConcurrentRequests;
    private double requestCount;
    private double proxiedRequestCount;
    private double processUptime;
    private long timestamp;

    void merge(WireReader in) {
      while (in.hasNext()) {
        switch (in.field()) {
          case 1 -> podName = in.string();
          case 2 -> averageConcurrentRequests = in.fixedDouble();
          case 3 -> averageProxiedConcurrentRequests = in.fixedDouble();
          case 4 -> requestCount = in.fixedDouble();
          case 5 -> proxiedRequestCount = in.fixedDouble();
          case 6 -> processUptime = in.fixedDouble();
          case 7 -> timestamp = in.integer();
          default -> in.skip();
        }
      }
    }

    Stat toStat() {
      return new Stat(
          podName,
          averageConcurrentRequests,
          averageProxiedConcurrentRequests,
          requestCount,
          proxiedRequestCount,
          processUptime,
          timestamp);
    }
  }
}
