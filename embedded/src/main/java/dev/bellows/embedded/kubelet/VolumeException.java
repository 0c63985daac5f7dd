package dev.bellows.embedded.kubelet;

/** A volume cannot be had as things are; the message is one line, for an Event. */
final class VolumeException extends Exception {
  private static final long serialVersionUID = 1L;

  VolumeException(String volume, String message) {
    super("MountVolume.SetUp failed for volume \"" + volume + "\" : " + message);
  }
}
