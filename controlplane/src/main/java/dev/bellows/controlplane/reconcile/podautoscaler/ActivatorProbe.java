package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.core.podautoscaler.ProbeAnswer;
import java.net.URI;

/** Asks whether an activator answers at an address. */
public interface ActivatorProbe {
  /** Asks once; answers within {@link HttpActivatorProbe#DEADLINE}, and never fails. */
  ProbeAnswer ask(URI uri);
}
