/** How a Revision's pods are asked for their statistics. */
@NullMarked
package dev.bellows.controlplane.scrape;

import org.jspecify.annotations.NullMarked;
