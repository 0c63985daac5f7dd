/**
 * The frame of the controllers that a cluster brings along: caches of objects, keyed queues,
 * events.
 */
@NullMarked
package dev.bellows.embedded.controller;

import org.jspecify.annotations.NullMarked;
