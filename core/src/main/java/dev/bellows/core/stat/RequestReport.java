package dev.bellows.core.stat;

/**
 * What happened in one window of {@link RequestStatistics}.
 *
 * @param averageConcurrency time-weighted requests in flight; 0 for a window without duration
 * @param averageProxiedConcurrency the part of those that came through an activator
 * @param requestCount requests that came in
 * @param proxiedRequestCount the part of those that came through an activator
 */
public record RequestReport(
    double averageConcurrency,
    double averageProxiedConcurrency,
    double requestCount,
    double proxiedRequestCount) {}
