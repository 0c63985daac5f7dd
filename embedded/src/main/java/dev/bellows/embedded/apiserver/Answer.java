package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.embedded.stream.StreamConnection;
import dev.bellows.embedded.stream.StreamUpgrade;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The way back to one client. Called on the request's own thread; every call may block until the
 * client has taken enough.
 */
interface Answer {
  /** Whole answer at once. */
  void send(int code, String contentType, byte[] body);

  /** Whole answer in JSON. */
  default void json(int code, JsonNode body) {
    send(code, "application/json", Json.bytes(body));
  }

  /** Adds a Warning header to the answer to come. */
  void warn(String text);

  /** Begins an answer whose length is not known. */
  Stream stream(String contentType);

  /**
   * Begins an answer that somebody else gives.
   *
   * @param headers all of it, names in lower case; its {@code content-length} if that is known
   */
  Stream passing(int code, Map<String, List<String>> headers);

  /**
   * Gives up HTTP for streams in both directions.
   *
   * @throws ApiException 400 if the client did not ask for that, or wants a protocol that is not
   *     spoken here
   * @throws IOException if the client has left meanwhile
   */
  default StreamConnection streams(StreamUpgrade.Purpose purpose) throws IOException {
    throw ApiException.badRequest("Upgrade request required");
  }

  /** An answer in parts. */
  interface Stream extends AutoCloseable {
    /**
     * Sends one part.
     *
     * @throws ClientGone if the client has left, or takes nothing any more
     */
    void write(byte[] part) throws ClientGone;

    /** Whether the client has left. */
    boolean isClosed();

    /** Called once when the client leaves, on any thread. */
    void onClose(Runnable action);

    /** Ends the answer. */
    @Override
    void close();
  }

  /** There is nobody to answer any more. */
  final class ClientGone extends Exception {
    private static final long serialVersionUID = 1L;

    ClientGone(String why) {
      super(why);
    }
  }
}
