package dev.bellows.dataplane.activator;

import dev.bellows.core.revision.Revision;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import dev.bellows.dataplane.requestlog.RequestLog;
import dev.bellows.dataplane.requestlog.TemplateException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a line about each request of a Revision, where that is asked for; it is asked for, changed
 * and given up while requests pass (data-plane spec §6). As in the original, a line of an activator
 * knows neither pod nor trace.
 */
final class LiveRequestLog implements Stage {
  private static final Logger LOG = LoggerFactory.getLogger(LiveRequestLog.class);

  private volatile @Nullable RequestLog log;

  /**
   * From now on requests that come are logged so; may be told by any thread. A template that cannot
   * be read changes nothing.
   *
   * @param template empty = they are not
   * @param lines must not block
   */
  void use(Optional<String> template, Consumer<String> lines) {
    try {
      log =
          template
              .map(
                  text -> new RequestLog(text, _ -> true, LiveRequestLog::revision, _ -> "", lines))
              .orElse(null);
    } catch (TemplateException e) {
      LOG.error("the request log stays as it was, its template cannot be read: {}", e.getMessage());
    }
  }

  private static Map<String, String> revision(Exchange exchange) {
    Revision revision = Objects.requireNonNull(exchange.get(RevisionLookup.REVISION)).revision();
    return Map.of(
        "Name", revision.id().name(),
        "Namespace", revision.id().namespace(),
        "Service", revision.service(),
        "Configuration", revision.configuration(),
        "PodName", "",
        "PodIP", "");
  }

  @Override
  public void handle(Exchange exchange) {
    RequestLog current = log;
    if (current == null) {
      exchange.proceed();
    } else {
      current.handle(exchange);
    }
  }

  @Override
  public String toString() {
    return "request log";
  }
}
