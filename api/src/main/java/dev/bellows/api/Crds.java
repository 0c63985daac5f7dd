package dev.bellows.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The CustomResourceDefinitions of all Knative kinds, ready to be applied to an API server (serving
 * spec §1).
 *
 * <p>They are made from the types when those change, and kept in {@code crds.json}: looking at
 * hundreds of fields by reflection would be a good part of the time that a start may take.
 */
public final class Crds {
  private static final String RESOURCE = "crds.json";

  private Crds() {}

  /** Fresh manifests of all definitions; the caller may change them. */
  public static List<ObjectNode> all() {
    try (InputStream in =
        Objects.requireNonNull(Crds.class.getResourceAsStream(RESOURCE), RESOURCE)) {
      return Arrays.asList(new ObjectMapper().readValue(in, ObjectNode[].class));
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + RESOURCE, e);
    }
  }
}
