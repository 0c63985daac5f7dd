package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.embedded.stream.StreamConnection;
import dev.bellows.embedded.stream.StreamUpgrade;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Writes objects in the encoding that the client prefers. What has no such form, and what is no
 * object, goes out as it is.
 *
 * @param plain where it goes
 */
record EncodedAnswer(Encoding encoding, Answer plain) implements Answer {
  private static final String JSON = "application/json";

  static Answer of(Encoding encoding, Answer plain) {
    return encoding == Encoding.JSON ? plain : new EncodedAnswer(encoding, plain);
  }

  @Override
  public void json(int code, JsonNode body) {
    switch (encoding) {
      case JSON -> plain.json(code, body);
      case YAML -> plain.send(code, encoding.mediaType(), YamlText.bytes(body));
      case PROTOBUF -> {
        if (ProtobufWriter.canWrite(body)) {
          plain.send(code, encoding.mediaType(), ProtobufWriter.write(body));
        } else {
          plain.json(code, body);
        }
      }
    }
  }

  @Override
  public void send(int code, String contentType, byte[] body) {
    if (contentType.equals(JSON)) {
      json(code, Json.read(body));
    } else {
      plain.send(code, contentType, body);
    }
  }

  @Override
  public void warn(String text) {
    plain.warn(text);
  }

  @Override
  public StreamConnection streams(StreamUpgrade.Purpose purpose) throws IOException {
    return plain.streams(purpose);
  }

  @Override
  public Stream passing(int code, Map<String, List<String>> headers) {
    return plain.passing(code, headers);
  }

  @Override
  public Stream stream(String contentType) {
    if (encoding != Encoding.PROTOBUF || !contentType.equals(JSON)) {
      return plain.stream(contentType);
    }
    return new Frames(plain.stream(encoding.mediaType() + ";stream=watch"));
  }

  /** Events of a watch, each part one of them. */
  private record Frames(Stream plain) implements Stream {
    @Override
    public void write(byte[] part) throws ClientGone {
      plain.write(ProtobufWriter.event(Json.read(part)));
    }

    @Override
    public boolean isClosed() {
      return plain.isClosed();
    }

    @Override
    public void onClose(Runnable action) {
      plain.onClose(action);
    }

    @Override
    public void close() {
      plain.close();
    }
  }
}
