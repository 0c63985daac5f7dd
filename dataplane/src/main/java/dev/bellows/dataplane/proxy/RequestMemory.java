package dev.bellows.dataplane.proxy;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of one event loop may take of memory: their heads, until they are answered, and
 * what is held of their bodies while there is nowhere to send it. Each connection's part is bounded
 * by itself; this bounds all of them together, so that a crowd that sends large heads, or never
 * ends them, or asks for much and waits, cannot use up the memory of the process. Used on its loop
 * only.
 *
 * <p>Over the bound, of the large heads that are still coming the connection of the one that has
 * been coming for longest is closed first: an honest client's has come within moments. If that is
 * not enough, a large head that has come is refused. Heads of at most {@link
 * Limits#SMALL_HEAD_BYTES} have the same bound once more for those that are coming, and when they
 * have come it is the bounds on connections and requests that bound them.
 */
final class RequestMemory {
  /** What a header line costs besides its octets: two texts, and the entry that holds them. */
  static final int LINE_BYTES = 128;

  private final long headBound;
  private final long bodyBound;
  private final Crowd large = new Crowd();
  private final Crowd small = new Crowd();
  private long heads;
  private long bodies;

  RequestMemory(long headBound, long bodyBound) {
    this.headBound = headBound;
    this.bodyBound = bodyBound;
  }

  /** What a head takes, about. */
  static int cost(HttpRequest request) {
    int cost = request.uri().length() + LINE_BYTES * request.headers().size();
    Iterator<Map.Entry<CharSequence, CharSequence>> lines =
        request.headers().iteratorCharSequence();
    while (lines.hasNext()) {
      Map.Entry<CharSequence, CharSequence> line = lines.next();
      cost += line.getKey().length() + line.getValue().length();
    }
    return cost;
  }

  /** A share that has nothing yet, for a head at a time. */
  Share share(Channel connection) {
    return new Share(connection);
  }

  /** Notes that so many octets of a body are held; fewer, if negative. */
  void hold(int octets) {
    bodies += octets;
  }

  /** Whether more of a body may be held. */
  boolean hasRoom() {
    return bodies < bodyBound;
  }

  /** What is taken by heads. */
  long heads() {
    return heads;
  }

  private void makeRoom() {
    while (heads > headBound && large.cutFirst()) {}
    while (small.bytes > headBound && small.cutFirst()) {}
  }

  /** Heads that are coming, those first that have been coming for longest. */
  private static final class Crowd {
    private final Set<Share> shares = new LinkedHashSet<>();
    private long bytes;

    boolean cutFirst() {
      Iterator<Share> each = shares.iterator();
      if (!each.hasNext()) {
        return false;
      }
      Share first = each.next();
      first.giveBack();
      first.connection.close();
      return true;
    }
  }

  /** One head's part. */
  final class Share {
    private final Channel connection;
    private int taken;
    private @Nullable Crowd crowd;

    private Share(Channel connection) {
      this.connection = connection;
    }

    /** The head takes so much by now and is not whole; its connection may be closed by that. */
    void coming(int bytes) {
      take(bytes, bytes > Limits.SMALL_HEAD_BYTES ? large : small);
      makeRoom();
    }

    /**
     * The head is whole and takes so much, until it is given back.
     *
     * @return whether there is room for it
     */
    boolean whole(int bytes) {
      take(bytes, null);
      makeRoom();
      return heads <= headBound || bytes <= Limits.SMALL_HEAD_BYTES;
    }

    /** Gives back what it has; it may have nothing. */
    void giveBack() {
      if (taken != 0) {
        take(0, null);
      }
    }

    private void take(int bytes, @Nullable Crowd to) {
      Crowd from = crowd;
      if (from != null) {
        from.bytes -= taken;
      }
      heads += bytes - taken;
      taken = bytes;
      if (to != null) {
        to.bytes += bytes;
      }
      if (from == to) {
        return;
      }
      crowd = to;
      if (from != null) {
        from.shares.remove(this);
      }
      if (to != null) {
        to.shares.add(this);
      }
    }
  }
}
