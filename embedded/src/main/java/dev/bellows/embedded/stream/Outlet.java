package dev.bellows.embedded.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** Our side of one stream: waits while the client takes nothing. */
final class Outlet extends OutputStream {
  /** What one frame carries at most. */
  private static final int MAX_FRAME_BYTES = 16 << 10;

  private final StreamConnection connection;
  private final Frames frames;
  private boolean ended;

  /** How the protocol puts a stream's bytes on the wire. */
  interface Frames {
    /** A frame with bytes, which it owns. */
    Object data(ByteBuf bytes);

    /** The frame that says that no more will come, where the protocol has one. */
    Optional<Object> end();
  }

  Outlet(StreamConnection connection, Frames frames) {
    this.connection = connection;
    this.frames = frames;
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    for (int from = 0; from < length; from += MAX_FRAME_BYTES) {
      int count = Math.min(MAX_FRAME_BYTES, length - from);
      connection.send(frames.data(Unpooled.copiedBuffer(bytes, offset + from, count)));
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (!ended) {
      ended = true;
      Optional<Object> end = frames.end();
      if (end.isPresent()) {
        connection.send(end.get());
      }
    }
  }
}
