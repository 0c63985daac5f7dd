package dev.bellows.core.stat;

/**
 * What one source (a queue-proxy, an activator, or a scrape of all pods) reports about a Revision's
 * requests; field names and units are those of message {@code metrics.Stat} (autoscaling spec §10).
 *
 * @param podName who reports
 * @param averageConcurrentRequests time-weighted requests in flight since the last report
 * @param averageProxiedConcurrentRequests the part of those that came through an activator
 * @param requestCount requests per second
 * @param proxiedRequestCount the part of those that came through an activator, per second
 * @param processUptime seconds since the source started
 * @param timestamp Unix seconds; 0 = to be stamped by the receiver
 */
public record Stat(
    String podName,
    double averageConcurrentRequests,
    double averageProxiedConcurrentRequests,
    double requestCount,
    double proxiedRequestCount,
    double processUptime,
    long timestamp) {}
