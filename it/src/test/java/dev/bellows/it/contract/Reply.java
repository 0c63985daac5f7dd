package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpHeaders;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * What a server answered.
 *
 * @param request the method and path, for messages
 * @param code the HTTP status code
 * @param headers as they came
 * @param text the body
 */
record Reply(String request, int code, HttpHeaders headers, String text) {
  /** Fails unless the answer has this code. */
  Reply is(int expected) {
    assertThat(code).as("%s answered %s", request, text).isEqualTo(expected);
    return this;
  }

  ObjectNode json() {
    return Wire.object(text);
  }

  JsonNode at(String pointer) {
    return json().at(pointer);
  }

  /** The text at a place, empty if there is none. */
  String text(String pointer) {
    return at(pointer).asText();
  }

  String name() {
    return text("/metadata/name");
  }

  String uid() {
    return text("/metadata/uid");
  }

  String resourceVersion() {
    return text("/metadata/resourceVersion");
  }

  long generation() {
    return at("/metadata/generation").asLong();
  }

  /** The names of a list's items. */
  List<String> names() {
    return StreamSupport.stream(at("/items").spliterator(), false)
        .map(item -> item.at("/metadata/name").asText())
        .toList();
  }

  /** The texts of the warning headers, which look like {@code 299 - "text"}. */
  List<String> warnings() {
    return headers.allValues("warning").stream()
        .map(header -> header.replaceFirst("^299 - \"", "").replaceFirst("\"$", ""))
        .map(text -> text.replace("\\\"", "\""))
        .toList();
  }

  /** Fails unless this is a Status that says no, with a code, a reason and a message. */
  Reply refuses(int expected, String reason, String message) {
    is(expected);
    ObjectNode status = json();
    assertThat(status.path("kind").asText()).as(text).isEqualTo("Status");
    assertThat(status.path("apiVersion").asText()).as(text).isEqualTo("v1");
    assertThat(status.path("status").asText()).as(text).isEqualTo("Failure");
    assertThat(status.path("message").asText()).as(request).isEqualTo(message);
    assertThat(status.path("reason").asText()).as(text).isEqualTo(reason);
    assertThat(status.path("code").asInt()).as(text).isEqualTo(expected);
    return this;
  }

  /** As {@link #refuses}, where only a part of the message is fixed. */
  Reply refusesSaying(int expected, String reason, String part) {
    is(expected);
    assertThat(text("/message")).as(request).contains(part);
    return refuses(expected, reason, text("/message"));
  }

  /** The fields that an invalid object's Status names. */
  List<String> causes() {
    return StreamSupport.stream(at("/details/causes").spliterator(), false)
        .map(cause -> cause.path("reason").asText() + " " + cause.path("field").asText())
        .toList();
  }
}
