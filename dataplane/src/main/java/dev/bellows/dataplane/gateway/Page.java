package dev.bellows.dataplane.gateway;

import dev.bellows.dataplane.proxy.Answer;
import java.nio.charset.StandardCharsets;

/**
 * A small page for a person at a browser: one file without anything to load, light or dark as the
 * browser likes, readable without its style, and spoken well by a screen reader.
 *
 * @param status of the answer
 * @param heading a few words
 * @param body its content as HTML, below the heading
 * @param script what it does by itself, empty for nothing
 */
record Page(int status, String heading, String body, String script) {
  private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'";
  private static final String SCRIPT_POLICY =
      POLICY + "; script-src 'unsafe-inline'; connect-src 'self'";

  /** The page that says what is missing. */
  static Page of(Missing missing) {
    return new Page(
        missing.status(),
        missing.heading(),
        """
        <p class="status">%d</p>
        <h1>%s</h1>
        <p>%s</p>
        """
            .formatted(missing.status(), escaped(missing.heading()), escaped(missing.sentence())),
        "");
  }

  /** The answer that carries it; it loads nothing from anywhere and is kept by nobody. */
  Answer answer() {
    return Answer.bytes(status, "text/html; charset=utf-8", html().getBytes(StandardCharsets.UTF_8))
        .with("Cache-Control", "no-store")
        .with("Content-Security-Policy", script.isEmpty() ? POLICY : SCRIPT_POLICY);
  }

  private String html() {
    return """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>%s</title>
    <style>
    :root { color-scheme: light dark; }
    body { margin: 0; min-height: 100vh; display: grid; place-items: center;
      font: 1.125rem/1.6 system-ui, sans-serif; }
    main { max-width: 40rem; padding: 2rem; overflow-wrap: anywhere; }
    h1 { margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.2; }
    .status { margin: 0; opacity: .75; font-variant-numeric: tabular-nums; }
    progress { width: 100%%; accent-color: #0a7d5a; }
    @media (prefers-reduced-motion: reduce) { progress { display: none; } }
    </style>
    </head>
    <body>
    <main>
    %s</main>
    %s</body>
    </html>
    """
        .formatted(
            escaped(heading), body, script.isEmpty() ? "" : "<script>\n" + script + "</script>\n");
  }

  /** Text as it may stand in an element or a quoted attribute: it quotes what a client sent. */
  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
