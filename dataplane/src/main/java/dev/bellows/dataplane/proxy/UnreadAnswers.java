package dev.bellows.dataplane.proxy;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the clients of one event loop have been sent and have not taken. Each client's part is
 * bounded by itself, since its target is not read on meanwhile; this bounds all of them together,
 * so that a crowd that asks for much and reads nothing cannot use up the memory of the process.
 * Used on its loop only.
 *
 * <p>Over the bound, the connections of those who have taken nothing for longest are closed.
 */
final class UnreadAnswers {
  private static final Logger LOG = LoggerFactory.getLogger(UnreadAnswers.class);

  /** One client's connection. */
  interface Client {
    /** Octets that its socket has not taken yet. */
    long unsentBytes();

    /** Closes it; what is unsent is lost, and the client can tell. */
    void cut();
  }

  private final long bound;

  /** Those who have something unsent, as of the last look; first who has taken nothing longest. */
  private final Map<Client, Long> unsent = new LinkedHashMap<>();

  private long total;

  UnreadAnswers(long bound) {
    this.bound = bound;
  }

  /** Takes note of what a flush has left; may close connections, this one among them. */
  void flushed(Client client) {
    long left = client.unsentBytes();
    if (left == 0 && unsent.isEmpty()) {
      return;
    }
    note(client, left);
    if (total > bound) {
      makeRoom();
    }
  }

  /** The connection has ended. */
  void forget(Client client) {
    note(client, 0);
  }

  /** What is unsent, as far as is known: some may have been taken since. */
  long total() {
    return total;
  }

  private void note(Client client, long left) {
    Long before = left == 0 ? unsent.remove(client) : unsent.put(client, left);
    total += left - (before == null ? 0 : before);
  }

  private void makeRoom() {
    for (Map.Entry<Client, Long> each : List.copyOf(unsent.entrySet())) {
      long left = each.getKey().unsentBytes();
      if (left < each.getValue()) {
        note(each.getKey(), 0);
        note(each.getKey(), left); // it takes what it is sent, so it goes last
      }
    }
    List<Client> cut = new ArrayList<>();
    // Some more than need be, so that not each flush that follows looks at all of them again.
    for (Iterator<Map.Entry<Client, Long>> each = unsent.entrySet().iterator();
        total > bound - bound / 8 && each.hasNext(); ) {
      Map.Entry<Client, Long> longest = each.next();
      each.remove();
      total -= longest.getValue();
      cut.add(longest.getKey());
    }
    if (!cut.isEmpty()) {
      LOG.warn(
          "closing the connections of those clients ({}) that have read nothing for longest: more"
              + " than {} bytes of responses are unsent",
          cut.size(),
          bound);
    }
    cut.forEach(Client::cut);
  }
}
