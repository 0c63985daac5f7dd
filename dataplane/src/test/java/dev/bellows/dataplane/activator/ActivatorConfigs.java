package dev.bellows.dataplane.activator;

import dev.bellows.dataplane.proxy.TlsSettings;
import java.util.List;

/** What activators in tests are told at their start. */
public final class ActivatorConfigs {
  private ActivatorConfigs() {}

  /** The only activator, on free ports of this machine. */
  public static ActivatorConfig onLoopback(String podIp) {
    return new ActivatorConfig(
        "activator-1", podIp, "127.0.0.1", List.of(0), 0, TlsSettings.DEFAULT, "cluster.local");
  }
}
