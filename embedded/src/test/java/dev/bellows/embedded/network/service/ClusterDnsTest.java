package dev.bellows.embedded.network.service;

import static dev.bellows.embedded.workload.ObjectsOfACluster.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Sockets;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.network.Cidr;
import dev.bellows.embedded.network.ClusterIps;
import dev.bellows.embedded.workload.ObjectsOfACluster;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterDnsTest {
  private static final int A = 1;
  private static final int AAAA = 28;
  private static final int NXDOMAIN = 3;
  private static final int SERVFAIL = 2;

  @TempDir Path home;
  private final EventLoopGroup loops = EventLoops.create("dns-test", 1);
  private ObjectsOfACluster cluster;
  private ClusterDns dns;

  /** Code, and the text of every A record. */
  private record Reply(int code, List<String> ips) {}

  @BeforeEach
  void open() throws IOException {
    cluster =
        new ObjectsOfACluster(
            home, Clock.systemUTC(), new ClusterIps(Cidr.parse("10.131.128.0/17")));
    dns =
        ClusterDns.start(
            loops,
            Sockets.HERE,
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
            new ServiceTable(cluster.informers),
            new ResolvConf(List.of(), List.of()));
    cluster.start();
  }

  @AfterEach
  void close() {
    dns.close();
    cluster.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void aServiceHasItsAddressUnderItsNameInAnyCase() throws IOException {
    String ip = service("hello", "{ports: [{port: 80}]}").path("spec").path("clusterIP").asText();
    awaitIps("hello.default.svc.cluster.local", ip);
    assertThat(ask("HELLO.Default.svc.cluster.LOCAL", A).ips()).containsExactly(ip);
    assertThat(ask("hello.default.svc.cluster.local", AAAA)).isEqualTo(new Reply(0, List.of()));
    cluster.registry.delete(ResourceTypes.SERVICES, "default", "hello", DeleteOptions.DEFAULT);
    Awaitility.await().until(() -> ask("hello.default.svc.cluster.local", A).code() == NXDOMAIN);
  }

  @Test
  void aHeadlessServiceHasItsPodsAddresses() throws IOException {
    service("headless", "{clusterIP: None, ports: [{port: 80}]}");
    cluster.create(
        ResourceTypes.ENDPOINTS,
        """
        metadata: {name: headless, namespace: default}
        subsets:
        - addresses: [{ip: 10.131.1.1}, {ip: 10.131.1.2}]
          notReadyAddresses: [{ip: 10.131.1.3}]
          ports: [{port: 80}]
        """);
    awaitIps("headless.default.svc.cluster.local", "10.131.1.1", "10.131.1.2");
  }

  @Test
  void anotherNameIsFollowedWithinTheCluster() throws IOException {
    String ip = service("gateway", "{ports: [{port: 80}]}").path("spec").path("clusterIP").asText();
    service("route", "{type: ExternalName, externalName: gateway.default.svc.cluster.local}");
    awaitIps("route.default.svc.cluster.local", ip);
  }

  @Test
  void namesThatStandForEachOtherEndSomewhere() throws IOException {
    service("a", "{type: ExternalName, externalName: b.default.svc.cluster.local}");
    service("b", "{type: ExternalName, externalName: a.default.svc.cluster.local}");
    Awaitility.await().until(() -> ask("b.default.svc.cluster.local", A).code() == NXDOMAIN);
  }

  @Test
  void whatIsNoServiceIsNotThereAndWhatIsElsewhereIsAskedForElsewhere() throws IOException {
    for (String name :
        List.of(
            "nobody.default.svc.cluster.local",
            "cluster.local",
            "svc.cluster.local",
            "a.b.c.d.svc.cluster.local",
            "www.example.com.default.svc.cluster.local")) {
      assertThat(ask(name, A).code()).as(name).isEqualTo(NXDOMAIN);
    }
    assertThat(ask("www.example.com", A).code()).isEqualTo(SERVFAIL); // nobody to ask
  }

  @Test
  void whatIsNoQuestionHarmsNobody() throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      for (byte[] junk : List.of(new byte[0], new byte[] {1}, new byte[12], new byte[600])) {
        socket.send(new DatagramPacket(junk, junk.length, dns.address()));
      }
    }
    assertThat(ask("nobody.default.svc.cluster.local", A).code()).isEqualTo(NXDOMAIN);
  }

  @Test
  void askedTheMachinesNameServerAnswersInItsOwnWords() throws IOException {
    try (DatagramSocket server = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"));
        ClusterDns forwarding =
            ClusterDns.start(
                loops,
                Sockets.HERE,
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                new ServiceTable(cluster.informers),
                List.of((InetSocketAddress) server.getLocalSocketAddress()));
        DatagramSocket client = new DatagramSocket()) {
      byte[] question = question(7, "www.example.com", A);
      client.send(new DatagramPacket(question, question.length, forwarding.address()));
      DatagramPacket seen = new DatagramPacket(new byte[512], 512);
      server.setSoTimeout(5_000);
      server.receive(seen);
      assertThat(bytes(seen)).isEqualTo(question);
      byte[] answer = {0, 7, (byte) 0x81, (byte) 0x83, 'a', 'n', 'y'};
      server.send(new DatagramPacket(answer, answer.length, seen.getSocketAddress()));
      DatagramPacket reply = new DatagramPacket(new byte[512], 512);
      client.setSoTimeout(5_000);
      client.receive(reply);
      assertThat(bytes(reply)).isEqualTo(answer);
    }
  }

  private ObjectNode service(String name, String spec) {
    return cluster.registry.create(
        ResourceTypes.SERVICES,
        yaml("{metadata: {name: %s, namespace: default}, spec: %s}".formatted(name, spec)));
  }

  private void awaitIps(String name, String... ips) {
    Awaitility.await()
        .untilAsserted(() -> assertThat(ask(name, A).ips()).containsExactlyInAnyOrder(ips));
  }

  private static byte[] bytes(DatagramPacket packet) {
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }

  private static byte[] question(int id, String name, int type) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    for (int each : new int[] {id, 0x0100, 1, 0, 0, 0}) {
      out.writeShort(each);
    }
    for (String label : name.split("\\.", -1)) {
      out.writeByte(label.length());
      out.write(label.getBytes(StandardCharsets.US_ASCII));
    }
    out.writeByte(0);
    out.writeShort(type);
    out.writeShort(1);
    return bytes.toByteArray();
  }

  private Reply ask(String name, int type) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(5_000);
      byte[] question = question(4711, name, type);
      socket.send(new DatagramPacket(question, question.length, dns.address()));
      DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
      socket.receive(packet);
      ByteBuffer reply = ByteBuffer.wrap(packet.getData(), 0, packet.getLength());
      assertThat(reply.getShort()).isEqualTo((short) 4711);
      int flags = reply.getShort();
      int questions = reply.getShort();
      int answers = reply.getShort();
      reply.position(12);
      for (int i = 0; i < questions; i++) {
        skipName(reply);
        reply.getInt();
      }
      List<String> ips = new ArrayList<>();
      for (int i = 0; i < answers; i++) {
        skipName(reply);
        int kind = reply.getShort();
        reply.getShort();
        reply.getInt();
        byte[] content = new byte[reply.getShort()];
        reply.get(content);
        if (kind == A) {
          ips.add(InetAddress.getByAddress(content).getHostAddress());
        }
      }
      return new Reply(flags & 0xf, ips);
    }
  }

  private static void skipName(ByteBuffer message) {
    while (true) {
      int length = Byte.toUnsignedInt(message.get());
      if (length == 0) {
        return;
      }
      if (length >= 0xc0) {
        message.get();
        return;
      }
      message.position(message.position() + length);
    }
  }
}
