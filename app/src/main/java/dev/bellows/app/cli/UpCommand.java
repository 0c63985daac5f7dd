package dev.bellows.app.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.api.admission.DnsNames;
import dev.bellows.app.wiring.Bellows;
import dev.bellows.app.wiring.Part;
import dev.bellows.app.wiring.Settings;
import dev.bellows.embedded.runtime.process.Account;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code bellows up}: the whole system in this process, until it is told to stop. */
@Command(
    name = "up",
    description = {
      "Run Bellows on this machine: a Kubernetes API, a gateway, and programs as pods.",
      "Everything listens on loopback. Ctrl-C stops it; its objects are there at the next start."
    },
    mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
  @Mixin private DataDirectory dataDirectory = new DataDirectory();
  @Mixin private GatewayOptions gateway = new GatewayOptions();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "where services are reached; 0 = any free port (default: 8080)")
  private int port = 8080;

  @Option(
      names = "--api-port",
      paramLabel = "PORT",
      description = "where the Kubernetes API is reached; 0 = any free port (default: 6443)")
  private int apiPort = 6443;

  @Option(
      names = "--domain",
      paramLabel = "DOMAIN",
      description =
          "services are named NAME.NAMESPACE.DOMAIN (default: what is configured, at first"
              + " example.com)")
  private Optional<String> domain = Optional.empty();

  @Option(
      names = "--runtime",
      paramLabel = "RUNTIME",
      description = "what runs a pod's containers: ${COMPLETION-CANDIDATES} (default: process)")
  private Settings.ContainerRuntime runtime = Settings.ContainerRuntime.process;

  @Option(
      names = "--network",
      paramLabel = "NETWORK",
      description =
          "what pods have for a network: ${COMPLETION-CANDIDATES}; namespaces takes root (default:"
              + " loopback)")
  private Settings.Network network = Settings.Network.loopback;

  @Option(
      names = "--run-as",
      paramLabel = "USER",
      description = "the user whom programs run as, if you are root (default: you)")
  private Optional<String> runAs = Optional.empty();

  @Option(
      names = "--without",
      paramLabel = "PART",
      split = ",",
      converter = PartName.class,
      description =
          "leave parts to processes of their own: ${COMPLETION-CANDIDATES}; see docs/roles.md"
              + " (default: none)")
  private Set<Part> without = Set.of();

  @Option(
      names = "--output",
      paramLabel = "FORM",
      description =
          "how to announce readiness: ${COMPLETION-CANDIDATES}; json is one object on one line"
              + " (default: text)")
  private Output output = Output.text;

  /** Reads a part by the name of its command. */
  static final class PartName implements ITypeConverter<Part> {
    @Override
    public Part convert(String name) {
      return Arrays.stream(Part.values())
          .filter(part -> part.toString().equalsIgnoreCase(name))
          .findFirst()
          .orElseThrow(() ->
              new TypeConversionException(
                  "expected one of %s but was '%s'"
                      .formatted(Arrays.toString(Part.values()), name)));
    }
  }

  /** How readiness is announced. */
  enum Output {
    text,
    json
  }

  @Override
  public Integer call() throws InterruptedException {
    long began = System.nanoTime();
    Ports.check("--port", port);
    Ports.check("--api-port", apiPort);
    domain.ifPresent(UpCommand::checkDomain);
    if (port == 0 && without.contains(Part.GATEWAY)) {
      throw UserError.wrongWords(
          "--without gateway needs to know where the gateway will be; give it with --port");
    }
    Settings settings =
        new Settings(
            dataDirectory.path(),
            port,
            gateway.httpsPort(),
            gateway.accessLog(),
            gateway.waitPageAfter(),
            apiPort,
            domain,
            runtime,
            without,
            network,
            runAs.map(UpCommand::account));
    Bellows bellows = Bellows.start(settings);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  System.err.println("Stopping: requests in flight get 3 s ...");
                  bellows.close();
                  stopped.countDown();
                },
                "stop"));
    long millis = (System.nanoTime() - began) / 1_000_000;
    switch (output) {
      case text -> announce(bellows, settings, millis);
      case json -> announceAsJson(bellows, millis);
    }
    System.out.flush();
    stopped.await();
    return 0;
  }

  /** The account that {@code --run-as} names. */
  static Account account(String name) {
    try {
      return Account.of(name);
    } catch (IOException e) {
      throw new UserError("--run-as " + name + ": " + e.getMessage());
    }
  }

  private static void checkDomain(String domain) {
    if (!DnsNames.subdomain1123(domain).isEmpty()) {
      throw UserError.wrongWords(
          "--domain '"
              + domain
              + "' is no domain; such are example.com, apps.test: lower case letters, digits, '-'"
              + " and '.'");
    }
  }

  private static void announce(Bellows bellows, Settings settings, long millis) {
    String url = bellows.gatewayUrl().toString();
    System.out.printf(
        """
        Bellows is ready (%d ms). Ctrl-C stops it.

          services    %s   with Host: NAME.NAMESPACE.%s
        %s  Kubernetes  export KUBECONFIG=%s
          metrics     %s
          in force    %s

        Try it, in another terminal:
          ./bellows apply -f examples/autoscale.yaml%s
          ./bellows wait ksvc/autoscale%s
          curl -H 'Host: autoscale.default.%s' '%s?sleep=100'
        """,
        millis,
        url,
        bellows.domain(),
        moreUrls(bellows),
        bellows.kubeconfig(),
        bellows.metricsUrl(),
        bellows.inForce(),
        DataDirectory.option(settings.dataDirectory()),
        DataDirectory.option(settings.dataDirectory()),
        bellows.domain(),
        url);
    if (!settings.without().isEmpty()) {
      System.out.printf(
          "%nThese parts are left to processes of their own; run each in a terminal:%n");
      settings.without().stream()
          .sorted()
          .forEach(part -> System.out.printf("  %s%n", bellows.command(part)));
    }
  }

  private static String moreUrls(Bellows bellows) {
    return bellows
            .gatewayTlsUrl()
            .map(url -> "  with TLS    " + url + "   for hosts that have a certificate\n")
            .orElse("")
        + bellows
            .gatewayInsideUrl()
            .map(url -> "  in cluster  " + url + "   cluster-local services, too\n")
            .orElse("");
  }

  private static void announceAsJson(Bellows bellows, long millis) {
    System.out.println(
        new ObjectMapper()
            .createObjectNode()
            .put("gateway", bellows.gatewayUrl().toString())
            .put("gatewayTls", bellows.gatewayTlsUrl().map(URI::toString).orElse(null))
            .put("gatewayInside", bellows.gatewayInsideUrl().map(URI::toString).orElse(null))
            .put("kubeconfig", bellows.kubeconfig().toString())
            .put("metrics", bellows.metricsUrl().toString())
            .put("domain", bellows.domain())
            .put("inForce", bellows.inForce())
            .put("readyMillis", millis));
  }
}
