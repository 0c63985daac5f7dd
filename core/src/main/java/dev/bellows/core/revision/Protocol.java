package dev.bellows.core.revision;

/** What a Revision's serving container speaks; chosen by its port's name (data-plane spec §1.4). */
public enum Protocol {
  /** HTTP/1.1; queue-proxy port 8012, Service port {@code http} 80. */
  HTTP1("http1", "http", 8012),
  /** HTTP/2 without TLS; queue-proxy port 8013, Service port {@code http2}. */
  H2C("h2c", "http2", 8013);

  private final String wireName;
  private final String servicePortName;
  private final int queueProxyPort;

  Protocol(String wireName, String servicePortName, int queueProxyPort) {
    this.wireName = wireName;
    this.servicePortName = servicePortName;
    this.queueProxyPort = queueProxyPort;
  }

  /**
   * What is spoken at a Service's port of that name: HTTP/2 at {@code http2} and {@code h2c}, as
   * ingresses read them, and HTTP/1.1 at any other.
   *
   * @param portName may be empty: the only port of a Service needs no name
   */
  public static Protocol ofServicePort(String portName) {
    return portName.equals(H2C.servicePortName) || portName.equals(H2C.wireName) ? H2C : HTTP1;
  }

  /** {@code http1} or {@code h2c}, as {@code protocolType} fields carry it. */
  public String wireName() {
    return wireName;
  }

  /** Name of the port in Services and Endpoints: {@code http} or {@code http2}. */
  public String servicePortName() {
    return servicePortName;
  }

  /** The standard queue-proxy and activator port of this protocol. */
  public int queueProxyPort() {
    return queueProxyPort;
  }
}
