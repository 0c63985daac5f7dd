package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.stream.StreamConnection;
import dev.bellows.embedded.stream.StreamUpgrade;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** An answer that writes some things in another way, and leaves the rest to the one within. */
interface AnswerAround extends Answer {
  /** Where it goes. */
  Answer plain();

  @Override
  default void warn(String text) {
    plain().warn(text);
  }

  @Override
  default StreamConnection streams(StreamUpgrade.Purpose purpose) throws IOException {
    return plain().streams(purpose);
  }

  @Override
  default Stream passing(int code, Map<String, List<String>> headers) {
    return plain().passing(code, headers);
  }

  @Override
  default Stream stream(String contentType) {
    return plain().stream(contentType);
  }
}
