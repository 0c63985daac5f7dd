/**
 * What any Kubernetes API server does for its clients, as small cases on the wire. The cases run on
 * a real control plane and on the embedded API server; where the two differ, the embedded one is
 * wrong.
 */
@NullMarked
package dev.bellows.it.contract;

import org.jspecify.annotations.NullMarked;
