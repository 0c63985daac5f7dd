package dev.bellows.app.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class BellowsVersion implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = BellowsVersion.class.getPackage().getImplementationVersion();
    return new String[] {
      "bellows " + (version == null ? "(from classes)" : version),
      "Java " + Runtime.version() + ", " + System.getProperty("os.name")
    };
  }
}
