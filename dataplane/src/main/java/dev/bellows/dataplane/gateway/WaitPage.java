package dev.bellows.dataplane.gateway;

import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.Exchange;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * What a person sees who has opened a page of a Service that has no pod at that moment: a page that
 * says so and goes on by itself once the Service answers (ADR 0086). The request that it stands for
 * has gone on its way before, so that a pod is being started; the page's own question, which waits
 * like any request, keeps it wanted.
 */
final class WaitPage {
  /** What tells documents from what they load, where a browser says so (Fetch Metadata). */
  private static final String DESTINATION = "Sec-Fetch-Dest";

  private static final String SCRIPT =
      """
      (function ask() {
        fetch(location.href, {method: "HEAD", cache: "no-store", redirect: "manual"}).then(
          function () { location.reload(); },
          function () { setTimeout(ask, 2000); });
      })();
      """;

  private final Duration after;

  /**
   * A page for those who wait.
   *
   * @param after how long they wait at most before they see it
   */
  WaitPage(Duration after) {
    this.after = after;
  }

  /** Answers by the page later on, if the request is a person's and its Service still sleeps. */
  void offer(Exchange exchange, Route.Target target) {
    if (!target.pool().isAsleep() || !opensDocument(exchange)) {
      return;
    }
    String host = RoutingTable.hostOf(exchange.host());
    Future<?> planned =
        exchange
            .loop()
            .schedule(
                () -> {
                  if (!exchange.responseStarted() && target.pool().isAsleep()) {
                    exchange.answer(answer(host));
                  }
                },
                after.toNanos(),
                TimeUnit.NANOSECONDS);
    exchange.onEnd((_, _) -> planned.cancel(false));
  }

  private static boolean opensDocument(Exchange exchange) {
    HttpHeaders headers = exchange.headers();
    String destination = headers.get(DESTINATION, "document");
    return HttpMethod.GET.equals(exchange.request().method())
        && Missing.Form.accepted(headers.get(HttpHeaderNames.ACCEPT, "")) == Missing.Form.HTML
        && (destination.equals("document") || destination.equals("iframe"))
        && !headers.contains(HttpHeaderNames.UPGRADE);
  }

  // 503, so that nobody who is no person takes it for the page that was asked for.
  private static Answer answer(String host) {
    return new Page(
            503,
            "Starting " + host,
            """
            <h1>Starting&nbsp;…</h1>
            <p role="status"><strong>%s</strong> was not in use, so nothing was running for it. It
            is being started now. This page goes on by itself as soon as there is an answer.</p>
            <progress aria-label="Starting"></progress>
            <noscript><p><a href="">Try again</a></p></noscript>
            """
                .formatted(Page.escaped(host)),
            SCRIPT)
        .answer()
        .with("Retry-After", "2");
  }
}
