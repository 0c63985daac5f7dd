package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Writes objects in the encoding that the client prefers. What has no such form, and what is no
 * object, goes out as it is.
 *
 * @param plain where it goes
 */
record EncodedAnswer(Encoding encoding, Answer plain) implements AnswerAround {
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
    if (contentType.equals(Encoding.JSON.mediaType())) {
      json(code, Json.read(body));
    } else {
      plain.send(code, contentType, body);
    }
  }

  @Override
  public Stream stream(String contentType) {
    if (encoding != Encoding.PROTOBUF || !contentType.equals(Encoding.JSON.mediaType())) {
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
