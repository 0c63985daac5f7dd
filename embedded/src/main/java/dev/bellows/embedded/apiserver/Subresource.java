package dev.bellows.embedded.apiserver;

/** The part of an object that a write is about. */
enum Subresource {
  /** The object itself; its status, where that is a subresource, stays as it is. */
  NONE(""),
  /** Only the status. */
  STATUS("status"),
  /** A namespace's own finalizers. */
  FINALIZE("finalize"),
  /** Only the number of replicas. */
  SCALE("scale");

  private final String path;

  Subresource(String path) {
    this.path = path;
  }

  /** As it stands in a URL. */
  String path() {
    return path;
  }
}
