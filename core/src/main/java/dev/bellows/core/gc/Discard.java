package dev.bellows.core.gc;

/**
 * A Revision to delete.
 *
 * @param revisionName its name
 * @param because why
 */
public record Discard(String revisionName, Because because) {
  /** Why a Revision is deleted. Its text is one sentence. */
  public sealed interface Because {
    /** It has been kept as long as it had to be. */
    record Stale(NonActiveRevision revision, Retention retention) implements Because {
      @Override
      public String toString() {
        return "Revision \"%s\", created at %s and last active at %s, has been kept long enough."
            .formatted(revision.name(), revision.created(), revision.lastActive());
      }
    }

    /** More are there than may be, and it has been idle for longest. */
    record TooMany(NonActiveRevision revision, long max) implements Because {
      @Override
      public String toString() {
        return "Revision \"%s\", last active at %s, is the longest idle of more than %d."
            .formatted(revision.name(), revision.lastActive(), max);
      }
    }
  }

  @Override
  public String toString() {
    return because.toString();
  }
}
