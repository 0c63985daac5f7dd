package dev.bellows.core.stat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.DiffersAsDocumented;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WireVectorTest {
  @Test
  void speaksTheOriginalsProtobuf() {
    Golden.replay("wire", WireVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    byte[] bytes = Base64.getDecoder().decode(recorded.get("bytes").textValue());
    return switch (recorded.get("kind").textValue()) {
      case "encodeStat" -> {
        Stat stat = Objects.requireNonNull(stat(recorded.get("stat")));
        Verdict encoded = compare(recorded, StatWire.encode(stat));
        yield encoded instanceof Agrees ? same(stat, StatWire.decodeStat(bytes)) : encoded;
      }
      case "encodeMessage" ->
          compare(recorded, StatWire.encodeEntry(entry(recorded.get("message"))));
      case "encodeMessages" -> {
        List<StatWire.Entry> entries = entries(recorded.get("messages"));
        Verdict encoded = compare(recorded, StatWire.encodeEntries(entries));
        yield encoded instanceof Agrees ? same(entries, StatWire.decodeEntries(bytes)) : encoded;
      }
      case "decodeStat" ->
          refusedOr(
              recorded,
              () ->
                  same(
                      Objects.requireNonNull(stat(recorded.get("stat"))),
                      StatWire.decodeStat(bytes)),
              () -> StatWire.decodeStat(bytes));
      case "decodeMessages" ->
          refusedOr(
              recorded,
              () -> same(entries(recorded.get("messages")), StatWire.decodeEntries(bytes)),
              () -> StatWire.decodeEntries(bytes));
      default -> throw new IllegalArgumentException("unknown kind " + recorded.get("kind"));
    };
  }

  private static Verdict compare(JsonNode recorded, byte[] actual) {
    return same(recorded.get("bytes").textValue(), Base64.getEncoder().encodeToString(actual));
  }

  private static Verdict same(Object expected, Object actual) {
    return expected.equals(actual)
        ? new Agrees()
        : new Disagrees("expected " + expected + ", got " + actual);
  }

  private interface Decoding {
    Object run();
  }

  private static Verdict refusedOr(
      JsonNode recorded, Supplier<Verdict> compared, Decoding decoding) {
    boolean refusalExpected = recorded.path("error").booleanValue();
    try {
      Object decoded = decoding.run();
      if (refusalExpected) {
        return Golden.tagged(recorded, "wrong-wire-type")
            ? new DiffersAsDocumented("a field of the wrong wire type (the file's own doc line)")
            : new Disagrees("expected a refusal, got " + decoded);
      }
      return compared.get();
    } catch (MalformedStatException refusal) {
      return refusalExpected ? new Agrees() : new Disagrees(refusal.toString());
    }
  }

  private static List<StatWire.Entry> entries(JsonNode messages) {
    List<StatWire.Entry> entries = new ArrayList<>();
    messages.forEach(message -> entries.add(entry(message)));
    return entries;
  }

  private static StatWire.Entry entry(JsonNode message) {
    return new StatWire.Entry(
        message.get("namespace").textValue(),
        message.get("name").textValue(),
        stat(message.get("stat")));
  }

  private static @Nullable Stat stat(JsonNode stat) {
    if (stat.isNull()) {
      return null;
    }
    return new Stat(
        stat.get("podName").textValue(),
        Golden.number(stat.get("averageConcurrentRequests")),
        Golden.number(stat.get("averageProxiedConcurrentRequests")),
        Golden.number(stat.get("requestCount")),
        Golden.number(stat.get("proxiedRequestCount")),
        Golden.number(stat.get("processUptime")),
        stat.get("timestamp").longValue());
  }
}
