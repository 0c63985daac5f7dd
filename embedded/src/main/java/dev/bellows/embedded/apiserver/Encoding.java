package dev.bellows.embedded.apiserver;

/** How objects are written. */
enum Encoding {
  JSON("application/json"),
  YAML("application/yaml"),
  PROTOBUF(ProtobufForm.MEDIA_TYPE);

  private final String mediaType;

  Encoding(String mediaType) {
    this.mediaType = mediaType;
  }

  String mediaType() {
    return mediaType;
  }
}
