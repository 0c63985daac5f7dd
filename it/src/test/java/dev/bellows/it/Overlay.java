package dev.bellows.it;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A form in which {@code deploy/} installs Bellows on a cluster. */
public enum Overlay {
  GATEWAY("gateway"),
  BRING_YOUR_OWN_NETWORKING("bring-your-own-networking"),
  SINGLE_NODE("single-node"),
  HIGH_AVAILABILITY("high-availability"),
  AUTOSCALER_ONLY("autoscaler-only");

  private final String directory;

  Overlay(String directory) {
    this.directory = directory;
  }

  /** Where it is, seen from the repository. */
  String path() {
    return "deploy/overlays/" + directory;
  }

  /** What it consists of, rendered by kubectl; skips the test aloud where there is no kubectl. */
  public List<ObjectNode> objects() throws IOException {
    Command.require("kubectl");
    String text = Command.of("kubectl", "kustomize", path()).run().succeeded().output();
    List<ObjectNode> objects = new ArrayList<>();
    try (var documents =
        new YAMLMapper().readerFor(ObjectNode.class).<ObjectNode>readValues(text)) {
      documents.forEachRemaining(objects::add);
    }
    return objects;
  }
}
