package dev.bellows.core.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.bellows.core.revision.RevisionId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** protobuf-java as the other opinion on what the bytes mean. */
class StatWirePropertyTest {
  private static final long SEED = Long.getLong("seed", 20261121L);
  private static final int ROUNDS = 2_000;

  private final Random random = new Random(SEED);

  StatWirePropertyTest() {
    System.out.println("StatWirePropertyTest seed " + SEED);
  }

  @Test
  void writesWhatProtobufJavaWrites() throws IOException {
    for (int round = 0; round < ROUNDS; round++) {
      Stat stat = anyStat();
      assertThat(StatWire.encode(stat)).as("seed %d: %s", SEED, stat).isEqualTo(protobuf(stat));
      assertThat(StatWire.decodeStat(protobuf(stat))).isEqualTo(stat);
    }
  }

  @Test
  void readsBackTheMessagesItWrote() {
    for (int round = 0; round < ROUNDS / 10; round++) {
      List<StatMessage> messages =
          IntStream.range(0, random.nextInt(20))
              .mapToObj(i -> new StatMessage(new RevisionId("ns-" + i, anyText() + i), anyStat()))
              .toList();
      assertThat(StatWire.decodeMessages(StatWire.encode(messages))).isEqualTo(messages);
    }
  }

  @Test
  void refusesOrReadsAnyBytesButNeverFailsOtherwise() {
    for (int round = 0; round < ROUNDS * 10; round++) {
      byte[] bytes = StatWire.encode(List.of(new StatMessage(new RevisionId("n", "r"), anyStat())));
      for (int flips = random.nextInt(4); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      try {
        StatWire.decodeMessages(cut);
        StatWire.decodeStat(cut);
      } catch (MalformedStatException refused) {
        assertThat(refused).hasMessageStartingWith("malformed stat at byte ");
      }
    }
  }

  @Test
  void passesOverUnknownFieldsOfEveryWireType() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeInt64(100, -1);
    out.writeFixed64(101, 1);
    out.writeString(102, "x");
    out.writeTag(103, 3); // a group, as protobuf 2 wrote them
    out.writeInt32(1, 1);
    out.writeTag(103, 4);
    out.writeFixed32(104, 1);
    out.writeString(1, "pod");
    out.flush();
    assertThat(StatWire.decodeStat(bytes.toByteArray()).podName()).isEqualTo("pod");
  }

  @Test
  void leavesOutEntriesThatNameNoRevisionOrCarryNoStat() {
    Stat stat = anyStat();
    byte[] bytes =
        StatWire.encodeEntries(
            List.of(
                new StatWire.Entry("ns", "", stat),
                new StatWire.Entry("", "name", stat),
                new StatWire.Entry("ns", "name", null),
                new StatWire.Entry("ns", "good", stat)));
    assertThat(StatWire.decodeMessages(bytes))
        .containsExactly(new StatMessage(new RevisionId("ns", "good"), stat));
  }

  @Test
  void saysWhereAndWhyBytesAreRefused() {
    assertThatThrownBy(() -> StatWire.decodeStat("\n\bpo".getBytes(StandardCharsets.US_ASCII)))
        .hasMessage("malformed stat at byte 2: 8 bytes wanted, 2 left");
    assertThatThrownBy(() -> StatWire.decodeStat(HexFormat.of().parseHex("0801")))
        .hasMessage("malformed stat at byte 1: expected wire type 2, got 0");
  }

  @Test
  void matchesTheSpecsExamples() {
    assertThat(HexFormat.of().formatHex(StatWire.encode(new Stat("pod-1", 2.5, 1, 3, 2, 10, 0))))
        .isEqualTo(
            "0a05706f642d3111000000000000044019000000000000f03f2100000000000008402900000000"
                + "00000040310000000000002440");
    StatMessage zero =
        new StatMessage(new RevisionId("ns", "rev-00001"), new Stat("", 0, 0, 0, 0, 0, 0));
    assertThat(HexFormat.of().formatHex(StatWire.encode(List.of(zero))))
        .isEqualTo("0a110a026e7312097265762d30303030311a00");
  }

  private Stat anyStat() {
    return new Stat(
        anyText(), anyDouble(), anyDouble(), anyDouble(), anyDouble(), anyDouble(), anyLong());
  }

  private String anyText() {
    return random
        .ints(random.nextInt(40), 1, 0xd7ff)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private double anyDouble() {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextInt(100);
      case 2 -> random.nextGaussian();
      default -> Double.longBitsToDouble(random.nextLong() & 0x7fef_ffff_ffff_ffffL);
    };
  }

  private long anyLong() {
    return random.nextBoolean() ? 0 : random.nextLong() >> random.nextInt(64);
  }

  private static byte[] protobuf(Stat stat) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    if (!stat.podName().isEmpty()) {
      out.writeBytes(1, ByteString.copyFromUtf8(stat.podName()));
    }
    double[] doubles = {
      stat.averageConcurrentRequests(),
      stat.averageProxiedConcurrentRequests(),
      stat.requestCount(),
      stat.proxiedRequestCount(),
      stat.processUptime()
    };
    for (int i = 0; i < doubles.length; i++) {
      if (doubles[i] != 0) {
        out.writeDouble(i + 2, doubles[i]);
      }
    }
    if (stat.timestamp() != 0) {
      out.writeInt64(7, stat.timestamp());
    }
    out.flush();
    return bytes.toByteArray();
  }
}
