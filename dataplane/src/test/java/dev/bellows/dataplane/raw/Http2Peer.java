package dev.bellows.dataplane.raw;

import dev.bellows.core.route.Address;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * One end of a connection of HTTP/2 that sends exactly the frames a test tells it and shows each
 * frame that comes. It acknowledges settings and opens no window unless told to; it keeps to the
 * windows of the other end where it is told to {@link #pour}.
 */
public final class Http2Peer implements AutoCloseable {
  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int PRIORITY = 2;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;
  public static final int CONTINUATION = 9;

  public static final int END_STREAM = 1;
  public static final int ACK = 1;
  public static final int END_HEADERS = 4;

  public static final int NO_ERROR = 0;
  public static final int PROTOCOL_ERROR = 1;
  public static final int REFUSED_STREAM = 7;
  public static final int CANCEL = 8;
  public static final int ENHANCE_YOUR_CALM = 11;

  private static final int DEFAULT_WINDOW = 65_535;
  private static final int INITIAL_WINDOW_SIZE = 4;

  /** What a client begins with (RFC 9113 §3.4). */
  public static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private static final int PATIENCE_MILLIS = 10_000;

  public final Socket socket;
  private final DataInputStream in;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
  private final Map<Integer, Integer> windows = new HashMap<>();
  private int initialWindow = DEFAULT_WINDOW;

  private Http2Peer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
  }

  /** A client that has said its preface and empty settings. */
  public static Http2Peer client(Address to) throws IOException {
    return client(new Socket(to.ip(), to.port()));
  }

  /** The same, on a connection that there is. */
  public static Http2Peer client(Socket connection) throws IOException {
    Http2Peer peer = new Http2Peer(connection);
    peer.bytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
    peer.frame(SETTINGS, 0, 0);
    return peer;
  }

  /** A client of a connection that has been HTTP/1.1 until now, and its preface has been said. */
  public static Http2Peer from(Client http1) {
    return new Http2Peer(http1.socket, http1.in);
  }

  /** A client of a connection that has been HTTP/1.1 until now. */
  public static Http2Peer upgraded(Client http1) throws IOException {
    Http2Peer peer = from(http1);
    peer.bytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
    peer.frame(SETTINGS, 0, 0);
    return peer;
  }

  private Http2Peer(Socket socket, java.io.InputStream in) {
    this.socket = socket;
    this.in = new DataInputStream(in);
  }

  /** A server that has read the client's preface and said empty settings. */
  public static Http2Peer server(Backend.Connection from) throws IOException {
    Http2Peer peer = new Http2Peer(from.socket, from.in);
    String preface = new String(peer.in.readNBytes(PREFACE.length()), StandardCharsets.ISO_8859_1);
    if (!preface.equals(PREFACE)) {
      throw new EOFException("no preface but '" + preface + "'");
    }
    peer.frame(SETTINGS, 0, 0);
    return peer;
  }

  /** A frame as it came. */
  public static final class Frame {
    private final int type;
    private final int flags;
    private final int stream;
    private final byte[] payload;

    Frame(int type, int flags, int stream, byte[] payload) {
      this.type = type;
      this.flags = flags;
      this.stream = stream;
      this.payload = payload;
    }

    public int type() {
      return type;
    }

    public int flags() {
      return flags;
    }

    public int stream() {
      return stream;
    }

    public byte[] payload() {
      return payload;
    }

    public boolean ends() {
      return (flags & END_STREAM) != 0 && (type == DATA || type == HEADERS);
    }

    public String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    /** The error code of RST_STREAM or GOAWAY. */
    public int code() {
      return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
    }

    /** The last stream of GOAWAY. */
    public int lastStream() {
      return ByteBuffer.wrap(payload).getInt(0);
    }

    @Override
    public String toString() {
      return "frame of type " + type + ", flags " + flags + ", stream " + stream + ", " + text();
    }
  }

  /** A response as it came. */
  public record Response(Http2Headers head, String body, Http2Headers trailers) {
    public int status() {
      return Integer.parseInt(head.status().toString());
    }

    public String header(String name) {
      CharSequence value = head.get(name);
      return value == null ? "" : value.toString();
    }
  }

  // ---- sending

  public Http2Peer bytes(byte[] octets) throws IOException {
    socket.getOutputStream().write(octets);
    socket.getOutputStream().flush();
    return this;
  }

  public static byte[] encode(int type, int flags, int stream, byte... payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  public Http2Peer frame(int type, int flags, int stream, byte... payload) throws IOException {
    return bytes(encode(type, flags, stream, payload));
  }

  /** A head of a request or response, or trailers: names and values in turn. */
  public Http2Peer headers(int stream, boolean last, String... namesAndValues) throws IOException {
    return frame(HEADERS, END_HEADERS | (last ? END_STREAM : 0), stream, block(namesAndValues));
  }

  /** A GET of the path. */
  public Http2Peer get(int stream, String path) throws IOException {
    return headers(stream, true, request("GET", path));
  }

  public static String[] request(String method, String path) {
    return new String[] {
      ":method", method, ":scheme", "http", ":path", path, ":authority", "test.example"
    };
  }

  public Http2Peer data(int stream, boolean last, String text) throws IOException {
    return frame(DATA, last ? END_STREAM : 0, stream, text.getBytes(StandardCharsets.UTF_8));
  }

  public Http2Peer reset(int stream, int code) throws IOException {
    return frame(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(code).array());
  }

  /** Lets the other end send more, on a stream or (0) on all together. */
  public Http2Peer window(int stream, int octets) throws IOException {
    return frame(WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(octets).array());
  }

  /** HPACK's literal fields that are not indexed (RFC 7541 §6.2.2), so that no state is shared. */
  public static byte[] block(String... namesAndValues) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      block.write(0);
      literal(block, namesAndValues[i]);
      literal(block, namesAndValues[i + 1]);
    }
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, String text) {
    byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
    int length = octets.length;
    if (length < 127) {
      block.write(length);
    } else {
      block.write(127);
      length -= 127;
      for (; length >= 128; length >>= 7) {
        block.write((length & 127) | 128);
      }
      block.write(length);
    }
    block.writeBytes(octets);
  }

  // ---- reading

  /** The next frame of a kind; settings on the way are acknowledged, others are passed over. */
  public Frame next(Predicate<Frame> wanted) throws IOException {
    while (true) {
      Frame frame = read();
      if (frame.type() == SETTINGS && frame.flags() != ACK) {
        take(ByteBuffer.wrap(frame.payload()));
        frame(SETTINGS, ACK, 0);
      } else if (frame.type() == WINDOW_UPDATE) {
        windows.merge(frame.stream(), ByteBuffer.wrap(frame.payload()).getInt(), Integer::sum);
      }
      if (wanted.test(frame)) {
        return frame;
      }
      if (frame.type() == GOAWAY && frame.code() != NO_ERROR) {
        throw new IllegalStateException("connection broken off by " + frame);
      }
    }
  }

  private void take(ByteBuffer settings) {
    while (settings.hasRemaining()) {
      int id = settings.getShort();
      int value = settings.getInt();
      if (id == INITIAL_WINDOW_SIZE) {
        initialWindow = value;
      }
    }
  }

  /** How much the other end takes on a stream, as far as its frames have been read. */
  public int room(int stream) {
    return Math.min(
        initialWindow + windows.getOrDefault(stream, 0),
        DEFAULT_WINDOW + windows.getOrDefault(0, 0));
  }

  /** Sends so many octets of data, when there is room for them. */
  public void pour(int stream, boolean last, int octets) throws IOException {
    while (room(stream) < octets) {
      next(frame -> frame.type() == WINDOW_UPDATE || frame.type() == SETTINGS);
    }
    windows.merge(stream, -octets, Integer::sum);
    windows.merge(0, -octets, Integer::sum);
    frame(DATA, last ? END_STREAM : 0, stream, new byte[octets]);
  }

  /** The next frame of a type. */
  public Frame next(int type) throws IOException {
    return next(frame -> frame.type() == type);
  }

  /** The next frame of a stream. */
  public Frame nextOf(int stream) throws IOException {
    return next(frame -> frame.stream() == stream && frame.type() != WINDOW_UPDATE);
  }

  private Frame read() throws IOException {
    int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    return new Frame(type, flags, stream, in.readNBytes(length));
  }

  /** What a HEADERS frame says; must be called for each that comes, and in order. */
  public Http2Headers decode(Frame frame) {
    try {
      return decoder.decodeHeaders(frame.stream(), Unpooled.wrappedBuffer(frame.payload()));
    } catch (Http2Exception e) {
      throw new IllegalStateException(frame.toString(), e);
    }
  }

  /** Reads one response to its end, while nothing comes on another stream. */
  public Response response(int stream) throws IOException {
    Frame first = nextOf(stream);
    if (first.type() != HEADERS) {
      throw new IllegalStateException("no head but " + first);
    }
    Http2Headers head = decode(first);
    StringBuilder body = new StringBuilder();
    Http2Headers trailers = null;
    for (Frame frame = first; !frame.ends(); ) {
      frame = nextOf(stream);
      switch (frame.type()) {
        case DATA -> body.append(frame.text());
        case HEADERS -> trailers = decode(frame);
        default -> throw new IllegalStateException("broken off by " + frame + " after " + body);
      }
    }
    return new Response(head, body.toString(), trailers);
  }

  /** Reads on until the other end closes; true if it said this code in a GOAWAY before. */
  public boolean closedBecauseOf(int code) throws IOException {
    boolean said = false;
    try {
      while (true) {
        Frame frame = read();
        said |= frame.type() == GOAWAY && frame.code() == code;
      }
    } catch (EOFException | SocketException closed) {
      return said;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
