package dev.bellows.dataplane.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.bellows.core.route.ServiceId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Why a request could not be passed on, told so that the reader knows where to look. */
sealed interface Missing {
  /** The answer's status. */
  int status();

  /** One English sentence. */
  String sentence();

  /**
   * No KIngress names the host.
   *
   * @param host that the request asked for
   */
  record NoHost(String host) implements Missing {
    @Override
    public int status() {
      return 404;
    }

    @Override
    public String sentence() {
      return "Nothing is routed at host '" + host + "'.";
    }
  }

  /**
   * The host is known, but not for this path and these headers.
   *
   * @param host that the request asked for
   * @param path that the request asked for
   */
  record NoPath(String host, String path) implements Missing {
    @Override
    public int status() {
      return 404;
    }

    @Override
    public String sentence() {
      return "Nothing is routed at path '" + path + "' of host '" + host + "'.";
    }
  }

  /**
   * The route leads to a Service that does not exist.
   *
   * @param service its name
   */
  record NoService(ServiceId service) implements Missing {
    @Override
    public int status() {
      return 503;
    }

    @Override
    public String sentence() {
      return "The route leads to Service " + service + ", which does not exist.";
    }
  }

  /**
   * The Service has nobody to receive the request.
   *
   * @param service its name
   * @param port of the Service, as the KIngress names it
   */
  record NoEndpoint(ServiceId service, String port) implements Missing {
    @Override
    public int status() {
      return 503;
    }

    @Override
    public String sentence() {
      return "Service " + service + " has no ready address behind port " + port + ".";
    }
  }

  /**
   * No address of the Service could be reached; nothing was sent to any of them.
   *
   * @param service its name
   * @param attempts how many addresses were tried
   * @param cause the last failure
   */
  record Unreachable(ServiceId service, int attempts, String cause) implements Missing {
    @Override
    public int status() {
      return 502;
    }

    @Override
    public String sentence() {
      return "None of %d addresses of Service %s could be reached: %s."
          .formatted(attempts, service, cause);
    }
  }

  /** How an answer is written. */
  enum Form {
    TEXT("text/plain; charset=utf-8"),
    JSON("application/json");

    private static final JsonFactory FACTORY = new JsonFactory();

    private final String contentType;

    Form(String contentType) {
      this.contentType = contentType;
    }

    /** JSON if the request's Accept asks for it by name, else text. */
    static Form accepted(String accept) {
      return accept.toLowerCase(Locale.ROOT).contains("application/json") ? JSON : TEXT;
    }

    String contentType() {
      return contentType;
    }

    byte[] body(Missing missing) {
      return switch (this) {
        case TEXT -> (missing.sentence() + "\n").getBytes(StandardCharsets.UTF_8);
        case JSON -> {
          ByteArrayOutputStream body = new ByteArrayOutputStream();
          try (JsonGenerator json = FACTORY.createGenerator(body)) {
            json.writeStartObject();
            json.writeNumberField("status", missing.status());
            json.writeStringField("message", missing.sentence());
            json.writeEndObject();
          } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
          }
          yield body.toByteArray();
        }
      };
    }
  }
}
