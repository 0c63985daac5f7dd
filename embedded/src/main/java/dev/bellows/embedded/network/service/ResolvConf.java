package dev.bellows.embedded.network.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a resolv.conf(5) says.
 *
 * @param servers IP literals of the name servers, in the order of asking
 * @param search domains in which a short name is looked up
 */
public record ResolvConf(List<String> servers, List<String> search) {
  public ResolvConf {
    servers = List.copyOf(servers);
    search = List.copyOf(search);
  }

  /** This machine's; one without says nothing. */
  public static ResolvConf ofHost() throws IOException {
    try {
      return parse(Files.readAllLines(Path.of("/etc/resolv.conf")));
    } catch (NoSuchFileException e) {
      return new ResolvConf(List.of(), List.of());
    }
  }

  public static ResolvConf parse(List<String> lines) {
    List<String> servers = new ArrayList<>();
    List<String> search = List.of();
    for (String line : lines) {
      List<String> words = List.of(line.strip().split("\\s+", -1));
      switch (words.getFirst()) {
        case "nameserver" -> servers.addAll(words.subList(1, Math.min(2, words.size())));
        case "search", "domain" -> search = words.subList(1, words.size()); // the last line counts
        default -> {}
      }
    }
    return new ResolvConf(servers, search);
  }

  /**
   * As Kubernetes writes it for the pods of a namespace, whose names are looked up in the cluster
   * first.
   *
   * @param server the cluster's name server
   * @param host the machine's, whose domains come last
   */
  public static String ofPod(String namespace, String server, ResolvConf host) {
    List<String> domains = new ArrayList<>();
    domains.add(namespace + ".svc." + ClusterZone.DOMAIN);
    domains.add("svc." + ClusterZone.DOMAIN);
    domains.add(ClusterZone.DOMAIN);
    domains.addAll(host.search());
    return "search " + String.join(" ", domains) + "\nnameserver " + server + "\noptions ndots:5\n";
  }
}
