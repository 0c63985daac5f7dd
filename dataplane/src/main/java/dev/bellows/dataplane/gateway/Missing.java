package dev.bellows.dataplane.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.Unready;
import dev.bellows.dataplane.proxy.Answer;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;

/** Why a request could not be passed on, told so that the reader knows where to look. */
sealed interface Missing {
  /** The answer's status. */
  int status();

  /** A few words, for the head of a page. */
  String heading();

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
    public String heading() {
      return "Unknown host";
    }

    @Override
    public String sentence() {
      return "Nothing is routed at host '" + host + "'.";
    }
  }

  /**
   * The host belongs to something that exists and is not ready: it failed, or is still on its way.
   *
   * @param host that the request asked for
   * @param subject whose host it is
   */
  record NotReady(String host, Unready subject) implements Missing {
    @Override
    public int status() {
      return 503;
    }

    @Override
    public String heading() {
      return subject.failed() ? "Not ready: it failed" : "Not ready yet";
    }

    @Override
    public String sentence() {
      return "%s of host '%s' exists and is not ready%s%s"
          .formatted(
              subject.subject(),
              host,
              subject.failed() ? "" : " yet",
              subject.why().isEmpty() ? "." : ": " + subject.why());
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
    public String heading() {
      return "Unknown path";
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
    public String heading() {
      return "A Service is missing";
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
    public String heading() {
      return "Nobody is there to answer";
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
    public String heading() {
      return "Nobody could be reached";
    }

    @Override
    public String sentence() {
      return "None of %d addresses of Service %s could be reached: %s."
          .formatted(attempts, service, cause);
    }
  }

  /** The answer that says it, in the form that the client asks for. */
  default Answer answer(HttpHeaders headers) {
    Form form = Form.accepted(headers.get(HttpHeaderNames.ACCEPT, ""));
    return form.answer(this).with("X-Content-Type-Options", "nosniff").with("Vary", "Accept");
  }

  /** How an answer is written. */
  enum Form {
    TEXT {
      @Override
      Answer answer(Missing missing) {
        return Answer.text(missing.status(), missing.sentence() + "\n");
      }
    },
    JSON {
      @Override
      Answer answer(Missing missing) {
        return Answer.bytes(missing.status(), "application/json", json(missing));
      }
    },
    HTML {
      @Override
      Answer answer(Missing missing) {
        return Page.of(missing).answer();
      }
    };

    private static final JsonFactory FACTORY = new JsonFactory();

    abstract Answer answer(Missing missing);

    /** JSON or HTML if the request's Accept asks for it by name, the first of both; else text. */
    static Form accepted(String accept) {
      String types = accept.toLowerCase(Locale.ROOT);
      int json = types.indexOf("application/json");
      int html = types.indexOf("text/html");
      if (html >= 0 && (json < 0 || html < json)) {
        return HTML;
      }
      return json >= 0 ? JSON : TEXT;
    }

    private static byte[] json(Missing missing) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      try (JsonGenerator json = FACTORY.createGenerator(body)) {
        json.writeStartObject();
        json.writeNumberField("status", missing.status());
        json.writeStringField("message", missing.sentence());
        json.writeEndObject();
      } catch (IOException e) {
        throw new UncheckedIOException("writing to memory", e);
      }
      return body.toByteArray();
    }
  }
}
