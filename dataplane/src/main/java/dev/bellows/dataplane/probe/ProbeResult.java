package dev.bellows.dataplane.probe;

/** What became of a {@link Probe}. */
public sealed interface ProbeResult {
  /** Whether a container that gave it is ready, by the rules of a kubelet. */
  boolean passed();

  /** It accepted the connection. */
  record Connected() implements ProbeResult {
    @Override
    public boolean passed() {
      return true;
    }
  }

  /**
   * It answered the GET.
   *
   * @param status of the response; a redirect is not followed, and passes
   * @param body the beginning of the body, at most {@link Prober#BODY_BYTES} bytes
   */
  record Answered(int status, String body) implements ProbeResult {
    @Override
    public boolean passed() {
      return status >= 200 && status < 400;
    }
  }

  /** It said that it serves, by gRPC's health protocol. */
  record Serving() implements ProbeResult {
    @Override
    public boolean passed() {
      return true;
    }
  }

  /**
   * It did not.
   *
   * @param reason what happened instead
   */
  record Failed(String reason) implements ProbeResult {
    @Override
    public boolean passed() {
      return false;
    }
  }
}
