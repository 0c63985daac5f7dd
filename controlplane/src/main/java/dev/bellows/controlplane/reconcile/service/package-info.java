/** A Service is a Configuration and a Route of the same name, kept in step (serving spec §3). */
@NullMarked
package dev.bellows.controlplane.reconcile.service;

import org.jspecify.annotations.NullMarked;
