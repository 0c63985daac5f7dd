package dev.bellows.embedded.apiserver;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Asks webhooks: one POST by TLS per question, on the asker's time. The name in the certificate is
 * held to the one that was configured, wherever a Service's name leads.
 */
final class WebhookClient {
  /** Of an answer's body; the review in it holds at most one patch. */
  static final int MAX_ANSWER_BYTES = 3 << 20;

  /** Authorities that are kept ready. */
  static final int MAX_AUTHORITIES = 64;

  private static final int BUFFER_BYTES = 16 << 10;

  /** By their text; the one that was not used for longest goes. */
  private final Map<String, SSLContext> authorities =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, SSLContext> eldest) {
          return size() > MAX_AUTHORITIES;
        }
      };

  /**
   * Where to ask.
   *
   * @param name in the certificate, and in the request's Host
   * @param address to dial, resolved when it is dialled
   * @param path with the query
   */
  record Target(String name, InetSocketAddress address, String path) {}

  /**
   * Sends a question.
   *
   * @param authority certificates in PEM in base64, as a {@code caBundle} is; empty for those that
   *     the machine trusts
   * @param limit for all of it
   * @return the body of the answer
   * @throws IOException if there is none within the limit, or one that is no 200
   */
  byte[] ask(Target target, String authority, byte[] question, Duration limit) throws IOException {
    return within(limit, () -> exchange(target, context(authority), question));
  }

  /** Runs on a thread of its own, which an interrupt takes out of whatever it waits for. */
  private static byte[] within(Duration limit, Callable<byte[]> exchange) throws IOException {
    FutureTask<byte[]> task = new FutureTask<>(exchange);
    Thread thread = Thread.ofVirtual().name("webhook").start(task);
    try {
      return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new IOException("context deadline exceeded", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String why = cause.getMessage();
      throw new IOException(why == null ? cause.getClass().getSimpleName() : why, cause);
    } catch (CancellationException e) {
      throw new IOException("cancelled", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      thread.interrupt();
    }
  }

  private static byte[] exchange(Target target, SSLContext context, byte[] question)
      throws IOException {
    InetSocketAddress to = target.address();
    try (Socket plain = new Socket()) {
      plain.setTcpNoDelay(true);
      plain.connect(
          to.isUnresolved() ? new InetSocketAddress(to.getHostString(), to.getPort()) : to);
      try (SSLSocket socket =
          (SSLSocket)
              context.getSocketFactory().createSocket(plain, target.name(), to.getPort(), true)) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return post(socket, target, question);
      }
    }
  }

  private static byte[] post(Socket socket, Target target, byte[] question) throws IOException {
    EmbeddedChannel http =
        new EmbeddedChannel(new HttpClientCodec(), new HttpObjectAggregator(MAX_ANSWER_BYTES));
    try {
      DefaultFullHttpRequest request =
          new DefaultFullHttpRequest(
              HttpVersion.HTTP_1_1,
              HttpMethod.POST,
              target.path(),
              Unpooled.wrappedBuffer(question));
      request
          .headers()
          .set(HttpHeaderNames.HOST, target.name() + ":" + target.address().getPort())
          .set(HttpHeaderNames.USER_AGENT, "kube-apiserver-admission")
          .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
          .set(HttpHeaderNames.ACCEPT, "application/json")
          .set(HttpHeaderNames.CONTENT_LENGTH, question.length)
          .set(HttpHeaderNames.CONNECTION, "close");
      http.writeOutbound(request);
      for (ByteBuf part = http.readOutbound(); part != null; part = http.readOutbound()) {
        socket.getOutputStream().write(ByteBufUtil.getBytes(part));
        part.release();
      }
      socket.getOutputStream().flush();
      return answer(http, socket.getInputStream());
    } finally {
      http.finishAndReleaseAll();
    }
  }

  private static byte[] answer(EmbeddedChannel http, InputStream in) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    while (true) {
      int count = in.read(buffer);
      if (count < 0) {
        http.finish(); // the end of the connection may be that of the answer
      } else {
        http.writeInbound(Unpooled.copiedBuffer(buffer, 0, count));
      }
      FullHttpResponse response = http.readInbound();
      if (response != null) {
        try {
          if (response.decoderResult().isFailure()) {
            throw new IOException("malformed HTTP response");
          }
          byte[] body = ByteBufUtil.getBytes(response.content());
          if (response.status().code() != 200) {
            throw new IOException(
                "the server answered " + response.status().code() + ", which is not 200");
          }
          return body;
        } finally {
          response.release();
        }
      }
      if (count < 0) {
        throw new IOException("EOF");
      }
    }
  }

  private SSLContext context(String authority) throws IOException {
    synchronized (authorities) {
      SSLContext known = authorities.get(authority);
      if (known == null) {
        known = made(authority);
        authorities.put(authority, known);
      }
      return known;
    }
  }

  private static SSLContext made(String authority) throws IOException {
    try {
      @Nullable KeyStore trusted = null; // those of the machine
      if (!authority.isEmpty()) {
        trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        byte[] pem = Base64.getDecoder().decode(authority);
        int number = 0;
        for (Certificate each :
            CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem))) {
          trusted.setCertificateEntry("authority-" + number++, each);
        }
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("the caBundle cannot be used: " + e.getMessage(), e);
    }
  }
}
