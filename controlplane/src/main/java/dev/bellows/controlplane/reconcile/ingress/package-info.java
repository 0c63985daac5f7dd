/** Says of each KIngress of our gateway's class whether the gateway routes by it. */
@NullMarked
package dev.bellows.controlplane.reconcile.ingress;

import org.jspecify.annotations.NullMarked;
