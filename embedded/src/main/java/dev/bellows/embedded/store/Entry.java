package dev.bellows.embedded.store;

/**
 * One committed state of one object. Immutable: the bytes are shared by every reader and must not
 * be written to.
 */
public final class Entry {
  private final Key key;
  private final long version;
  private final byte[] value;

  Entry(Key key, long version, byte[] value) {
    this.key = key;
    this.version = version;
    this.value = value;
  }

  /** What the object is found by. */
  public Key key() {
    return key;
  }

  /** The store's revision at which this state was written; larger is later, over all objects. */
  public long version() {
    return version;
  }

  /** The object's bytes; shared, so only to be read. */
  public byte[] value() {
    return value;
  }

  @Override
  public String toString() {
    return key + "@" + version + " (" + value.length + " bytes)";
  }
}
