package dev.bellows.app.wiring;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The last part of host names inside the cluster (data-plane spec §1.3). */
public final class ClusterDomain {
  private static final Path RESOLVER = Path.of("/etc/resolv.conf");
  private static final String SERVICES = "svc.";
  private static final String USUAL = "cluster.local";

  private ClusterDomain() {}

  /** What {@code CLUSTER_DOMAIN} says, else what this machine's resolver does, else the usual. */
  public static String of(Map<String, String> environment) {
    String named = environment.getOrDefault("CLUSTER_DOMAIN", "");
    return named.isEmpty() ? searchedBy(resolver()) : named;
  }

  private static List<String> resolver() {
    try {
      return Files.readAllLines(RESOLVER);
    } catch (IOException e) {
      return List.of(); // no resolver, no opinion
    }
  }

  /** The domain whose Services a resolver finds without their last part. */
  static String searchedBy(List<String> resolvConf) {
    return resolvConf.stream()
        .map(line -> line.trim().split("\\s+"))
        .filter(words -> words[0].equals("search"))
        .flatMap(Arrays::stream)
        .filter(word -> word.startsWith(SERVICES))
        .map(word -> word.substring(SERVICES.length()).replaceAll("\\.$", ""))
        .findFirst()
        .orElse(USUAL);
  }
}
