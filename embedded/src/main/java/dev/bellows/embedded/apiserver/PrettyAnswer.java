package dev.bellows.embedded.apiserver;

/**
 * Writes JSON over several lines, for people who read it as it is.
 *
 * @param plain where it goes
 */
record PrettyAnswer(Answer plain) implements AnswerAround {
  @Override
  public void send(int code, String contentType, byte[] body) {
    plain.send(code, contentType, contentType.contains("json") ? Json.pretty(body) : body);
  }
}
