package dev.bellows.dataplane.log;

import java.io.Serial;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * SLF4J's messages as JSON lines on standard output. A library that can do so takes longer to start
 * than a sidecar may (ADR 0050); this one is installed by name, and only by {@link #install}, so
 * that it never meets another one on the class path.
 */
public final class JsonLogs implements SLF4JServiceProvider {
  private static final String PROVIDER = "slf4j.provider";
  private static final String VERBOSITY = "slf4j.internal.verbosity";

  private static volatile LogFormat format = LogFormat.DEFAULT;

  private final Map<String, Logger> loggers = new ConcurrentHashMap<>();
  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter context = new NOPMDCAdapter();

  /**
   * Logs this way from now on; called before the first logger is made.
   *
   * @param zap a zap configuration in JSON, as {@code config-logging} has it; may be empty
   * @param level overrides the configuration's level; may be empty
   * @param fields added to each line
   * @throws IllegalArgumentException if the configuration cannot be read
   */
  public static void install(String zap, String level, Map<String, String> fields) {
    format = LogFormat.parse(zap, level, fields);
    System.setProperty(PROVIDER, JsonLogs.class.getName());
    System.setProperty(VERBOSITY, "WARN"); // it would say on standard error whom it has found
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return name -> loggers.computeIfAbsent(name, JsonLogger::new);
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return context;
  }

  @Override
  public String getRequestedApiVersion() {
    return "2.0.99";
  }

  @Override
  public void initialize() {}

  private static final class JsonLogger extends LegacyAbstractLogger {
    @Serial private static final long serialVersionUID = 1L;

    JsonLogger(String name) {
      this.name = name;
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
      return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(
        Level level,
        @Nullable Marker marker,
        String pattern,
        @Nullable Object @Nullable [] arguments,
        @Nullable Throwable error) {
      String message = MessageFormatter.basicArrayFormat(pattern, arguments);
      System.out.print(format.line(Instant.now(), level, name, message, error));
    }

    @Override
    public boolean isTraceEnabled() {
      return format.writes(Level.TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
      return format.writes(Level.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
      return format.writes(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
      return format.writes(Level.WARN);
    }

    @Override
    public boolean isErrorEnabled() {
      return format.writes(Level.ERROR);
    }
  }
}
