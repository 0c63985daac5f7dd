package dev.bellows.controlplane.scrape;

/** One request for a stat, or a whole scrape, brought nothing to go by. */
public final class ScrapeFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it is; decides what is tried next and what the Metric's status says. */
  public enum Kind {
    /** A proxy of a service mesh seems to have answered instead of the pod. */
    MESH_LIKE,
    /** It is not known which pods there are. */
    NO_ENDPOINTS,
    /** The Service answered, but too few different pods did. */
    NO_UNSEEN_POD,
    /** Anything else. */
    OTHER
  }

  private final Kind kind;

  ScrapeFailedException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  ScrapeFailedException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What kind of failure it is. */
  public Kind kind() {
    return kind;
  }
}
