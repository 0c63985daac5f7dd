package dev.bellows.dataplane.log;

import java.io.PrintStream;
import java.io.Serial;
import java.lang.StackWalker.StackFrame;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMDCAdapter;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * SLF4J's messages as JSON lines. A library that can do so takes longer to start than a sidecar may
 * (ADR 0050); this one is installed by name, and only by {@link #install}, so that it never meets
 * another one on the class path.
 */
public final class JsonLogs implements SLF4JServiceProvider {
  private static final String PROVIDER = "slf4j.provider";
  private static final String VERBOSITY = "slf4j.internal.verbosity";

  private static final MDCAdapter CONTEXT = new BasicMDCAdapter();
  private static final StackWalker CALLERS = StackWalker.getInstance();

  private static volatile LogFormat format = LogFormat.DEFAULT;
  private static volatile PrintStream lines = System.out;
  private static volatile Set<String> quiet = Set.of();

  private final Map<String, Logger> loggers = new ConcurrentHashMap<>();
  private final IMarkerFactory markers = new BasicMarkerFactory();

  /**
   * Logs this way to standard output from now on; called before the first logger is made.
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

  /**
   * Logs this way to {@code lines} from now on; called before the first logger is made.
   *
   * @param quiet loggers of which errors alone are written
   */
  public static void install(
      PrintStream lines, String zap, String level, Map<String, String> fields, Set<String> quiet) {
    JsonLogs.lines = lines;
    JsonLogs.quiet = Set.copyOf(quiet);
    install(zap, level, fields);
  }

  /**
   * Goes on in another way; what is added to each line stays.
   *
   * @param zap a zap configuration in JSON; may be empty
   * @param level overrides the configuration's level; may be empty
   * @throws IllegalArgumentException if the configuration cannot be read; all stays as it was
   */
  public static void change(String zap, String level) {
    format = LogFormat.parse(zap, level, format.fields());
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
    return CONTEXT;
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
      LogFormat now = format;
      Map<String, String> context = CONTEXT.getCopyOfContextMap();
      lines.print(
          now.line(
              Instant.now(),
              level,
              name,
              now.tellsCaller() ? caller() : "",
              MessageFormatter.basicArrayFormat(pattern, arguments),
              context == null ? Map.of() : context,
              error));
    }

    private static String caller() {
      return CALLERS.walk(frames ->
          frames
              .filter(JsonLogger::isCaller)
              .findFirst()
              .map(frame -> frame.getFileName() + ":" + frame.getLineNumber())
              .orElse(""));
    }

    private static boolean isCaller(StackFrame frame) {
      String by = frame.getClassName();
      return !by.startsWith(JsonLogs.class.getName()) && !by.startsWith("org.slf4j.");
    }

    private boolean writes(Level level) {
      return format.writes(level)
          && (quiet.isEmpty() || level == Level.ERROR || !quiet.contains(name));
    }

    @Override
    public boolean isTraceEnabled() {
      return writes(Level.TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
      return writes(Level.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
      return writes(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
      return writes(Level.WARN);
    }

    @Override
    public boolean isErrorEnabled() {
      return writes(Level.ERROR);
    }
  }
}
