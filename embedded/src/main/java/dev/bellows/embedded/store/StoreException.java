package dev.bellows.embedded.store;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * The store cannot do what was asked; the message says why and, where there is one, the way out.
 */
public sealed class StoreException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  StoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** What is wrong and, where there is one, the way out; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  /** Another process holds the data directory. */
  public static final class InUse extends StoreException {
    @Serial private static final long serialVersionUID = 1L;

    InUse(String message) {
      super(message, null);
    }
  }

  /** Others than its owner could change what is in the data directory. */
  public static final class Exposed extends StoreException {
    @Serial private static final long serialVersionUID = 1L;

    Exposed(String message) {
      super(message, null);
    }
  }

  /** The data directory cannot be made, or not be written to. */
  public static final class Unusable extends StoreException {
    @Serial private static final long serialVersionUID = 1L;

    Unusable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The file cannot be trusted; nothing was changed in it. */
  public static final class Damaged extends StoreException {
    @Serial private static final long serialVersionUID = 1L;

    Damaged(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The write was not done; the store is as it was before and may be written to again. */
  public static final class NotWritten extends StoreException {
    @Serial private static final long serialVersionUID = 1L;

    NotWritten(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The object is larger than one may be; nothing was written. */
  public static final class TooLarge extends StoreException {
    @Serial private static final long serialVersionUID = 1L;

    TooLarge(String message) {
      super(message, null);
    }
  }

  /** There is no room, on the disk or by the store's own bound; nothing was written. */
  public static final class Full extends StoreException {
    @Serial private static final long serialVersionUID = 1L;

    Full(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** More writes wait than may; this one does not. */
  public static final class Busy extends StoreException {
    @Serial private static final long serialVersionUID = 1L;

    Busy(String message) {
      super(message, null);
    }
  }

  /** The history asked for is no longer kept: list again. */
  public static final class Gone extends StoreException {
    @Serial private static final long serialVersionUID = 1L;
    private final long oldest;

    Gone(long asked, long oldest) {
      super("too old resource version: " + asked + " (" + oldest + ")", null);
      this.oldest = oldest;
    }

    /** The oldest revision after which every change is still known. */
    public long oldest() {
      return oldest;
    }
  }
}
