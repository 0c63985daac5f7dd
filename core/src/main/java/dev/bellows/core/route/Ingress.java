package dev.bellows.core.route;

import java.util.List;
import java.util.Map;

/**
 * What a networking layer reads from one KIngress ({@code networking.internal.knative.dev/v1alpha1
 * Ingress}): which requests go to which Services, in which shares, and which certificates its hosts
 * show.
 *
 * @param namespace of the object
 * @param name of the object
 * @param version changes whenever the routing content changes (the object's generation)
 * @param httpOption what becomes of plain HTTP
 * @param tls certificates by host
 * @param rules tried in order
 */
public record Ingress(
    String namespace,
    String name,
    long version,
    HttpOption httpOption,
    List<Tls> tls,
    List<Rule> rules) {
  public Ingress {
    tls = List.copyOf(tls);
    rules = List.copyOf(rules);
  }

  /** What becomes of plain HTTP where TLS is available. */
  public enum HttpOption {
    ENABLED,
    REDIRECTED
  }

  /** Which listener a rule belongs to. */
  public enum Visibility {
    EXTERNAL_IP,
    CLUSTER_LOCAL
  }

  /**
   * The certificate of some hosts.
   *
   * @param hosts exact names or {@code *.} and a domain, lower case; none = all hosts of the rules
   * @param secret where it is kept
   */
  public record Tls(List<String> hosts, SecretId secret) {
    public Tls {
      hosts = List.copyOf(hosts);
    }
  }

  /**
   * A set of host names and what to do with requests for them.
   *
   * @param hosts exact host names, lower case, without port
   * @param visibility which listener serves them
   * @param paths tried in order, the longest prefix with matching headers wins
   */
  public record Rule(List<String> hosts, Visibility visibility, List<Path> paths) {
    public Rule {
      hosts = List.copyOf(hosts);
      paths = List.copyOf(paths);
    }
  }

  /**
   * A path below a rule's hosts.
   *
   * @param prefix path prefix; empty matches all
   * @param headers header values that must match exactly; empty matches all
   * @param rewriteHost Host to send upstream; empty keeps the client's
   * @param appendHeaders headers set on every request of this path
   * @param splits where the requests go; percents sum to 100
   */
  public record Path(
      String prefix,
      Map<String, String> headers,
      String rewriteHost,
      Map<String, String> appendHeaders,
      List<Split> splits) {
    public Path {
      headers = Map.copyOf(headers);
      appendHeaders = Map.copyOf(appendHeaders);
      splits = List.copyOf(splits);
    }
  }

  /**
   * A share of a path's requests.
   *
   * @param service the Service that receives them
   * @param servicePort its port as the KIngress writes it: a number, or a port name
   * @param percent share, 0 to 100
   * @param appendHeaders headers set on every request of this split
   */
  public record Split(
      ServiceId service, String servicePort, int percent, Map<String, String> appendHeaders) {
    public Split {
      appendHeaders = Map.copyOf(appendHeaders);
    }
  }
}
