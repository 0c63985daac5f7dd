package dev.bellows.dataplane.fuzz;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.ClosedPort;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/** nginx in front of a backend: one port for HTTP/1.1, one for HTTP/2 by prior knowledge. */
final class Nginx implements AutoCloseable {
  private final Process process;
  private final Address http1;
  private final Address http2;

  private Nginx(Process process, Address http1, Address http2) {
    this.process = process;
    this.http1 = http1;
    this.http2 = http2;
  }

  static boolean isInstalled() {
    try {
      return new ProcessBuilder("nginx", "-v").start().waitFor() == 0;
    } catch (IOException absent) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Starts one in a directory of its own. */
  static Nginx start(Path directory, Address backend) throws IOException {
    Address http1;
    Address http2;
    try (ClosedPort one = new ClosedPort();
        ClosedPort two = new ClosedPort()) {
      http1 = one.address();
      http2 = two.address();
    }
    Path configuration = directory.resolve("nginx.conf");
    Files.writeString(
        configuration,
        """
        daemon off;
        master_process off;
        pid %1$s/pid;
        error_log %1$s/error.log crit;
        events { worker_connections 512; }
        http {
          access_log off;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          client_max_body_size 0;
          large_client_header_buffers 4 64k;
          ignore_invalid_headers off;
          underscores_in_headers on;
          merge_slashes off;
          keepalive_requests 100000;
          upstream backend { server %2$s; keepalive 8; }
          server {
            listen %3$s;
            listen %4$s http2;
            location / {
              proxy_pass http://backend;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $http_host;
              proxy_next_upstream off;
            }
          }
        }
        """
            .formatted(directory, backend, http1, http2));
    Process process =
        new ProcessBuilder("nginx", "-p", directory.toString(), "-c", configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("out.log").toFile())
            .start();
    Nginx nginx = new Nginx(process, http1, http2);
    try {
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> listens(http2));
    } catch (RuntimeException e) {
      nginx.close();
      throw new IOException(Files.readString(directory.resolve("out.log")), e);
    }
    return nginx;
  }

  private static boolean listens(Address address) {
    try (Socket socket = new Socket(address.ip(), address.port())) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  Address http1() {
    return http1;
  }

  Address http2() {
    return http2;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(Duration.ofSeconds(5))) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
