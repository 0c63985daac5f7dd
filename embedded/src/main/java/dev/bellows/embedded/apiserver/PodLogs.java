package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Where the API server finds what a pod's programs have said; the kubelet keeps it. */
@FunctionalInterface
public interface PodLogs {
  /**
   * Opens the log of one container. Reading blocks while a log is followed and nothing new is
   * there; closing the stream from another thread ends that.
   *
   * @throws ApiException 400 if there is no such container or it has not started, 404 if the node
   *     does not know the pod
   * @throws IOException if the log cannot be read
   */
  InputStream open(ObjectNode pod, Options options) throws IOException;

  /**
   * What of the log is wanted.
   *
   * @param container the container's name, never empty
   * @param follow go on with what is said from now on
   * @param previous of the instance before the present one
   * @param timestamps put the time before each line
   * @param tailLines only this many lines from the end
   * @param since only what was said from then on
   * @param limitBytes at most this many bytes
   */
  record Options(
      String container,
      boolean follow,
      boolean previous,
      boolean timestamps,
      OptionalLong tailLines,
      Optional<Instant> since,
      OptionalLong limitBytes) {}
}
