package dev.bellows.dataplane.fuzz;

import dev.bellows.dataplane.raw.Http2Peer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes connections of HTTP/2, well formed at first and then damaged in a frame or three. */
final class Http2Streams {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;

  private static final String[][] FIELDS = {
    {"content-length", "5"},
    {"content-length", "4"},
    {"content-length", "5, 5"},
    {"content-length", "+5"},
    {"content-length", "0"},
    {"transfer-encoding", "chunked"},
    {"connection", "close"},
    {"connection", "content-length"},
    {"upgrade", "h2c"},
    {"te", "trailers"},
    {"te", "gzip"},
    {"host", "other"},
    {"Upper", "case"},
    {"x-line", "a\r\nTransfer-Encoding: chunked"},
    {"x-line", "a\nX: b"},
    {"x-null", "a\u0000b"},
    {"x:y", "z"},
    {"x y", "z"},
    {"", "z"},
    {"x", " z"},
    {":path", "/second"},
    {":authority", "other"},
    {":status", "200"},
    {":protocol", "websocket"},
    {"expect", "100-continue"},
    {"cookie", "a=b"},
    {"cookie", "c=d"},
  };

  private static final String[][] PSEUDO = {
    {":method", "GE T"},
    {":method", "CONNECT"},
    {":method", "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"},
    {":method", ""},
    {":path", ""},
    {":path", "/a b"},
    {":path", "/a HTTP/1.1\r\nX: y"},
    {":path", "*"},
    {":path", "noslash"},
    {":path", "http://fuzz/absolute"},
    {":scheme", "https"},
    {":scheme", "http://x/?"},
    {":authority", "a@fuzz"},
    {":authority", "fuzz/x"},
    {":authority", "fuzz\r\nX: y"},
    {":authority", ""},
  };

  private final Random random;

  Http2Streams(Random random) {
    this.random = random;
  }

  /** The octets of one connection; the highest of its streams asks for {@code /end}. */
  byte[] next() {
    List<byte[]> frames = new ArrayList<>();
    int stream = 1;
    for (int i = random.nextInt(3); i >= 0; i--) {
      frames.addAll(request(stream));
      stream += 2;
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      damage(frames);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(Http2Peer.PREFACE.getBytes(StandardCharsets.US_ASCII));
    all.writeBytes(Http2Peer.encode(SETTINGS, 0, 0));
    frames.forEach(all::writeBytes);
    all.writeBytes(head(stream, true, fields("GET", "/end")));
    return all.toByteArray();
  }

  private List<byte[]> request(int stream) {
    String path = "/s" + stream;
    List<String> fields = fields(random.nextBoolean() ? "GET" : "POST", path);
    boolean body = fields.get(1).equals("POST");
    if (body && random.nextBoolean()) {
      fields.addAll(List.of("content-length", "5"));
    }
    if (random.nextInt(3) == 0) {
      String[] added = FIELDS[random.nextInt(FIELDS.length)];
      int at = random.nextInt(4) == 0 ? 2 * random.nextInt(4) : fields.size();
      fields.addAll(at, List.of(added));
    }
    if (random.nextInt(4) == 0) {
      String[] changed = PSEUDO[random.nextInt(PSEUDO.length)];
      int at = fields.indexOf(changed[0]);
      fields.set(at + 1, changed[1]);
    }
    List<byte[]> frames = new ArrayList<>();
    frames.add(head(stream, !body, fields));
    if (body) {
      boolean trailers = random.nextInt(4) == 0;
      if (random.nextBoolean()) {
        frames.add(data(stream, !trailers, "hello"));
      } else {
        frames.add(data(stream, false, "he"));
        frames.add(data(stream, !trailers, "llo"));
      }
      if (trailers) {
        frames.add(
            head(
                stream,
                random.nextInt(4) != 0,
                random.nextInt(3) == 0
                    ? List.of(FIELDS[random.nextInt(FIELDS.length)])
                    : List.of("x-trailer", "t")));
      }
    }
    return frames;
  }

  private static List<String> fields(String method, String path) {
    return new ArrayList<>(
        List.of(":method", method, ":scheme", "http", ":path", path, ":authority", "fuzz"));
  }

  private static byte[] head(int stream, boolean last, List<String> fields) {
    return Http2Peer.encode(
        HEADERS,
        END_HEADERS | (last ? END_STREAM : 0),
        stream,
        Http2Peer.block(fields.toArray(String[]::new)));
  }

  private static byte[] data(int stream, boolean last, String text) {
    return Http2Peer.encode(
        DATA, last ? END_STREAM : 0, stream, text.getBytes(StandardCharsets.US_ASCII));
  }

  private void damage(List<byte[]> frames) {
    int which = random.nextInt(frames.size());
    byte[] frame = frames.get(which).clone();
    switch (random.nextInt(8)) {
      case 0 -> frames.add(which, frame);
      case 1 -> frames.remove(which);
      case 2 -> frames.add(random.nextInt(frames.size()), frames.remove(which));
      case 3 -> {
        frame[3] = (byte) random.nextInt(12);
        frames.set(which, frame);
      }
      case 4 -> {
        frame[4] = (byte) (frame[4] ^ (1 << random.nextInt(8)));
        frames.set(which, frame);
      }
      case 5 -> {
        frame[8] = (byte) random.nextInt(8);
        frames.set(which, frame);
      }
      case 6 -> {
        frame[2] = (byte) (frame[2] + random.nextInt(5) - 2);
        frames.set(which, frame);
      }
      default -> {
        if (frame.length > 9) {
          frame[9 + random.nextInt(frame.length - 9)] = (byte) random.nextInt(256);
          frames.set(which, frame);
        }
      }
    }
    if (frames.isEmpty()) {
      frames.add(Http2Peer.encode(SETTINGS, 0, 0));
    }
  }
}
