package dev.bellows.core.kpa;

import java.time.Duration;

/**
 * What is to be measured of a Revision: the spec of its Metric.
 *
 * @param stableWindow length of the stable window
 * @param panicWindow length of the panic window
 * @param scrapeTarget the Service whose pods are scraped; empty = nobody is scraped, since all
 *     requests pass through an activator, which reports them
 */
public record MetricSpec(Duration stableWindow, Duration panicWindow, String scrapeTarget) {}
