package dev.bellows.embedded.network.service;

import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Sockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's name server: answers for Services by itself, and asks the machine's name servers
 * for everything else, with the questions as they came. By UDP; what does not fit into a packet is
 * asked for again by TCP, which {@link ServiceProxy} carries to the machine's name server.
 */
public final class ClusterDns implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterDns.class);

  /** The port of name servers. */
  public static final int PORT = 53;

  /** Questions that wait for the machine's name servers; further ones are dropped. */
  private static final int MAX_FORWARDED = 512;

  /** After that the next name server is asked; clients give up after five seconds. */
  private static final int PATIENCE_MILLIS = 2_000;

  /** As CoreDNS tells clients to remember an address of a cluster. */
  private static final int TTL_SECONDS = 5;

  private static final int FLAGS_OFFSET = 2;
  private static final int RESPONSE = 0x8000;
  private static final int SERVER_FAILURE = 2;

  private final ClusterZone zone;
  private final List<InetSocketAddress> upstream;
  private final AtomicInteger forwarded = new AtomicInteger();
  private final Channel channel;

  private ClusterDns(
      EventLoopGroup loops,
      Sockets network,
      InetSocketAddress where,
      ClusterZone zone,
      List<InetSocketAddress> upstream)
      throws IOException {
    this.zone = zone;
    this.upstream = List.copyOf(upstream);
    ChannelFuture bound =
        new Bootstrap()
            .group(loops)
            .channelFactory(EventLoops.datagrams(network))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel server) {
                    server
                        .pipeline()
                        .addLast(
                            new QuestionDecoder(),
                            new DatagramDnsResponseEncoder(),
                            new Answering());
                  }
                })
            .bind(where)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      BindException refused = new BindException("cannot serve names at " + where);
      refused.initCause(bound.cause());
      throw refused;
    }
    this.channel = bound.channel();
  }

  /**
   * Serves names.
   *
   * @param network where
   * @param services which the names are of
   * @param host the machine's name servers
   * @throws IOException if the address cannot be had
   */
  public static ClusterDns start(
      EventLoopGroup loops,
      Sockets network,
      InetSocketAddress where,
      ServiceTable services,
      ResolvConf host)
      throws IOException {
    List<InetSocketAddress> upstream =
        host.servers().stream()
            .map(server -> new InetSocketAddress(server, PORT))
            .filter(server -> !server.isUnresolved())
            .toList();
    return start(loops, network, where, services, upstream);
  }

  static ClusterDns start(
      EventLoopGroup loops,
      Sockets network,
      InetSocketAddress where,
      ServiceTable services,
      List<InetSocketAddress> upstream)
      throws IOException {
    return new ClusterDns(loops, network, where, new ClusterZone(services), upstream);
  }

  /** Where it is asked. */
  InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  /** A question, and the packet that it came in, which whoever takes it releases. */
  private record Asked(DatagramDnsQuery query, DatagramPacket packet) {}

  private static final class QuestionDecoder extends DatagramDnsQueryDecoder {
    @Override
    protected void decode(ChannelHandlerContext context, DatagramPacket packet, List<Object> out)
        throws Exception {
      DatagramPacket whole = packet.copy();
      try {
        super.decode(context, packet, out);
        out.replaceAll(query -> new Asked((DatagramDnsQuery) query, whole));
      } catch (Exception e) {
        whole.release();
        throw e;
      }
    }
  }

  private final class Answering extends SimpleChannelInboundHandler<Asked> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, Asked asked) {
      DatagramDnsQuery query = asked.query();
      DnsQuestion question = query.recordAt(DnsSection.QUESTION);
      try {
        switch (question == null
            ? new ClusterZone.Answer.Elsewhere()
            : zone.look(question.name())) {
          case ClusterZone.Answer.NoSuchName _ ->
              context.writeAndFlush(response(query, DnsResponseCode.NXDOMAIN));
          case ClusterZone.Answer.Found found -> answer(context, query, question, found);
          case ClusterZone.Answer.Elsewhere _ -> forward(asked.packet().retain());
        }
      } finally {
        query.release();
        asked.packet().release();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      LOG.debug("a packet that is no question", cause);
    }
  }

  private void answer(
      ChannelHandlerContext context,
      DatagramDnsQuery query,
      DnsQuestion question,
      ClusterZone.Answer.Found found) {
    DatagramDnsResponse response = response(query, DnsResponseCode.NOERROR);
    String name = question.name();
    for (String alias : found.aliases()) {
      add(response, name, DnsRecordType.CNAME, encoded(alias));
      name = alias + ".";
    }
    boolean addresses = question.type().equals(DnsRecordType.A);
    if (addresses) {
      for (String ip : found.ips()) {
        add(
            response,
            name,
            DnsRecordType.A,
            Unpooled.wrappedBuffer(InetAddress.ofLiteral(ip).getAddress()));
      }
    }
    if (addresses && !found.aliases().isEmpty() && !ClusterZone.isHere(found.aliases().getLast())) {
      resolve(context.channel(), response, name);
    } else {
      context.writeAndFlush(response);
    }
  }

  /** Clients do not ask again for what an alias means: its addresses belong into the answer. */
  private static void resolve(Channel channel, DatagramDnsResponse response, String name) {
    Thread.ofVirtual()
        .name("resolve-" + name)
        .start(() -> {
          try {
            for (InetAddress each : InetAddress.getAllByName(name)) {
              if (each.getAddress().length == 4) {
                add(response, name, DnsRecordType.A, Unpooled.wrappedBuffer(each.getAddress()));
              }
            }
          } catch (IOException e) {
            response.setCode(DnsResponseCode.SERVFAIL);
          }
          channel.writeAndFlush(response);
        });
  }

  private static DatagramDnsResponse response(DatagramDnsQuery query, DnsResponseCode code) {
    DatagramDnsResponse response =
        new DatagramDnsResponse(
            /* sender= */ query.recipient(),
            /* recipient= */ query.sender(),
            query.id(),
            query.opCode(),
            code);
    response.setAuthoritativeAnswer(true);
    response.setRecursionDesired(query.isRecursionDesired());
    response.setRecursionAvailable(true);
    DnsQuestion question = query.recordAt(DnsSection.QUESTION);
    response.addRecord(
        DnsSection.QUESTION,
        new DefaultDnsQuestion(question.name(), question.type(), question.dnsClass()));
    return response;
  }

  private static void add(
      DatagramDnsResponse response, String name, DnsRecordType type, ByteBuf content) {
    response.addRecord(
        DnsSection.ANSWER, new DefaultDnsRawRecord(name, type, TTL_SECONDS, content));
  }

  /** A name as a record's content: each label after its length (RFC 1035, section 3.1). */
  private static ByteBuf encoded(String name) {
    ByteBuf bytes = Unpooled.buffer(name.length() + 2);
    for (String label : name.split("\\.", -1)) {
      byte[] text = label.getBytes(StandardCharsets.US_ASCII);
      bytes.writeByte(text.length).writeBytes(text);
    }
    return bytes.writeByte(0);
  }

  /** Asks the machine's name servers; takes the packet. */
  private void forward(DatagramPacket question) {
    if (forwarded.incrementAndGet() > MAX_FORWARDED) {
      forwarded.decrementAndGet();
      question.release();
      return;
    }
    ask(question, 0);
  }

  private void ask(DatagramPacket question, int attempt) {
    if (attempt >= upstream.size()) {
      failed(question);
      return;
    }
    // A socket for each question: its port is chance, which makes answers hard to forge.
    ChannelFuture connecting =
        new Bootstrap()
            .group(channel.eventLoop())
            .channelFactory(EventLoops.datagrams(Sockets.HERE))
            .handler(new Forwarding(question, attempt))
            .connect(upstream.get(attempt));
    connecting.addListener(done -> {
      if (done.isSuccess()) {
        connecting.channel().writeAndFlush(question.content().retainedDuplicate());
      } else {
        ask(question, attempt + 1);
      }
    });
  }

  private void failed(DatagramPacket question) {
    ByteBuf answer = question.content().copy();
    if (answer.readableBytes() >= FLAGS_OFFSET + 2) {
      int flags = answer.getUnsignedShort(answer.readerIndex() + FLAGS_OFFSET);
      answer.setShort(answer.readerIndex() + FLAGS_OFFSET, flags | RESPONSE | SERVER_FAILURE);
    }
    respond(question, answer);
  }

  /** Sends an answer, and forgets the question. */
  private void respond(DatagramPacket question, ByteBuf answer) {
    // Past the encoder, which takes every packet for an answer of ours.
    channel
        .pipeline()
        .context(DatagramDnsResponseEncoder.class)
        .writeAndFlush(
            new DatagramPacket(
                answer, /* recipient= */ question.sender(), /* sender= */ question.recipient()));
    question.release();
    forwarded.decrementAndGet();
  }

  /** Waits for the answer of one name server. */
  private final class Forwarding extends SimpleChannelInboundHandler<DatagramPacket> {
    private final DatagramPacket question;
    private final int attempt;
    private boolean over;

    Forwarding(DatagramPacket question, int attempt) {
      this.question = question;
      this.attempt = attempt;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      context
          .channel()
          .eventLoop()
          .schedule(() -> next(context), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket answer) {
      if (!over && isAnswer(answer.content())) {
        over = true;
        respond(question, answer.content().retain());
        context.close();
      }
    }

    private boolean isAnswer(ByteBuf answer) {
      ByteBuf asked = question.content();
      return answer.readableBytes() >= FLAGS_OFFSET
          && answer.getShort(answer.readerIndex()) == asked.getShort(asked.readerIndex());
    }

    private void next(ChannelHandlerContext context) {
      if (!over) {
        over = true;
        context.close();
        ask(question, attempt + 1);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      next(context); // nobody listens there
    }
  }

  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
  }
}
