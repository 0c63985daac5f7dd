/** Makes a Revision of each new template, and knows which of them was ready last (spec §3). */
@NullMarked
package dev.bellows.controlplane.reconcile.configuration;

import org.jspecify.annotations.NullMarked;
