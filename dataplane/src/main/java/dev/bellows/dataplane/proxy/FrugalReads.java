package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Buffers for what a client sends: as large as its last reads suggest, and small while the {@link
 * RequestMemory} has no room, since whatever is held keeps the buffer that it came in.
 */
final class FrugalReads implements RecvByteBufAllocator {
  private static final int LEAST_BYTES = 64;
  private static final int FIRST_BYTES = 2048;
  private static final AdaptiveRecvByteBufAllocator ADAPTIVE =
      new AdaptiveRecvByteBufAllocator(LEAST_BYTES, FIRST_BYTES, Limits.READ_BYTES);

  private final RequestMemory memory;

  FrugalReads(RequestMemory memory) {
    this.memory = memory;
  }

  @Override
  public ExtendedHandle newHandle() {
    return new FrugalHandle((ExtendedHandle) ADAPTIVE.newHandle());
  }

  private final class FrugalHandle extends DelegatingHandle implements ExtendedHandle {
    private final ExtendedHandle adaptive;

    FrugalHandle(ExtendedHandle adaptive) {
      super(adaptive);
      this.adaptive = adaptive;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      if (memory.hasRoom() || adaptive.guess() <= FIRST_BYTES) {
        return adaptive.allocate(allocator);
      }
      return allocator.ioBuffer(FIRST_BYTES);
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
      return adaptive.continueReading(maybeMore);
    }
  }
}
