package dev.bellows.it.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Webhooks of the cases' own, each at a path, with a certificate that vouches for itself. */
final class HookServer implements AutoCloseable {
  private static final Duration LIFE = Duration.ofDays(1);
  private static final char[] NO_PASSWORD = {};

  private final HttpsServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String authority;
  private final Map<String, Function<JsonNode, JsonNode>> answers = new ConcurrentHashMap<>();
  private final Map<String, List<JsonNode>> asked = new ConcurrentHashMap<>();

  /**
   * Starts it.
   *
   * @param address where it listens
   * @param names in its certificate, besides the address
   */
  HookServer(InetAddress address, String... names) throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair keys = generator.generateKeyPair();
      X509Certificate certificate = certificate(keys, address, names);
      authority =
          Base64.getEncoder()
              .encodeToString(
                  ClientCertificates.pem("CERTIFICATE", certificate.getEncoded())
                      .getBytes(StandardCharsets.US_ASCII));
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("key", keys.getPrivate(), NO_PASSWORD, new Certificate[] {certificate});
      KeyManagerFactory shown =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      shown.init(store, NO_PASSWORD);
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(shown.getKeyManagers(), null, null);
      server = HttpsServer.create(new InetSocketAddress(address, 0), 0);
      server.setHttpsConfigurator(new HttpsConfigurator(tls));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("every JDK can make a certificate", e);
    }
    server.createContext("/", this::serve);
    server.setExecutor(threads);
    server.start();
  }

  private static X509Certificate certificate(KeyPair keys, InetAddress address, String... names)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    Instant now = Instant.now();
    GeneralName[] all = new GeneralName[names.length + 1];
    all[0] = new GeneralName(GeneralName.iPAddress, address.getHostAddress());
    for (int i = 0; i < names.length; i++) {
      all[i + 1] = new GeneralName(GeneralName.dNSName, names[i]);
    }
    X500Name self = new X500Name("CN=webhooks");
    return new JcaX509CertificateConverter()
        .getCertificate(
            new JcaX509v3CertificateBuilder(
                    self,
                    BigInteger.valueOf(now.toEpochMilli()),
                    Date.from(now.minus(LIFE)),
                    Date.from(now.plus(LIFE)),
                    self,
                    keys.getPublic())
                .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(all))
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      JsonNode review =
          Wire.value(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      asked.computeIfAbsent(path, none -> new CopyOnWriteArrayList<>()).add(review);
      Function<JsonNode, JsonNode> answer = answers.get(path);
      JsonNode reply = answer == null ? Wire.object("{}") : answer.apply(review);
      byte[] bytes = reply.toString().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  /** Has a path answer with a review's {@code response}, to which the request's uid is added. */
  void answer(String path, Function<JsonNode, ObjectNode> response) {
    answerWhole(
        path,
        review -> {
          ObjectNode answer = Wire.object("{kind: 'AdmissionReview'}");
          answer.set("apiVersion", review.path("apiVersion"));
          ObjectNode given = response.apply(review.path("request"));
          given.set("uid", review.at("/request/uid"));
          return answer.set("response", given);
        });
  }

  /** Has a path answer with just this. */
  void answerWhole(String path, Function<JsonNode, JsonNode> answer) {
    answers.put(path, answer);
  }

  /** The {@code request}s that a path was asked about. */
  List<JsonNode> asked(String path) {
    return asked.getOrDefault(path, List.of()).stream()
        .map(review -> review.path("request"))
        .toList();
  }

  /** As a {@code caBundle}. */
  String authority() {
    return authority;
  }

  int port() {
    return server.getAddress().getPort();
  }

  String url(String path) {
    return "https://" + server.getAddress().getAddress().getHostAddress() + ":" + port() + path;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
