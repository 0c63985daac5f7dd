package dev.bellows.embedded.apiserver;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Who is connected, in three shares that cannot take from each other: strangers, from whom no good
 * token has come yet, ServiceAccounts, and the owner with the parts of Bellows. A stranger too many
 * costs the one that has been a stranger longest its connection, never the newcomer: so whoever has
 * a good token gets in, however many have none.
 *
 * <p>Safe for any number of threads.
 */
final class Visitors {
  /** Connections without a good token so far. */
  static final int MAX_STRANGERS = 256;

  /** Connections of ServiceAccounts. */
  static final int MAX_ACCOUNTS = 512;

  /** Connections of the owner and of the parts of Bellows. */
  static final int MAX_OWNERS = 512;

  /** How long a connection may last before a good token comes. */
  static final Duration STRANGER_PATIENCE = Duration.ofSeconds(10);

  private static final AttributeKey<Share> SHARE =
      AttributeKey.valueOf(Visitors.class, Share.class.getSimpleName());

  private enum Share {
    STRANGER,
    ACCOUNT,
    OWNER
  }

  private final Set<Channel> strangers = new LinkedHashSet<>();
  private int accounts;
  private int owners;

  /** A connection has come. */
  void arrived(Channel connection) {
    connection.attr(SHARE).set(Share.STRANGER);
    Channel evicted = null;
    synchronized (this) {
      strangers.add(connection);
      if (strangers.size() > MAX_STRANGERS) {
        evicted = strangers.iterator().next();
        strangers.remove(evicted);
      }
    }
    if (evicted != null) {
      evicted.close();
    }
    connection.closeFuture().addListener(closed -> left(connection));
    connection
        .eventLoop()
        .schedule(
            () -> {
              if (!isKnown(connection)) {
                connection.close();
              }
            },
            STRANGER_PATIENCE.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** Whether a good token has come over this connection. */
  static boolean isKnown(Channel connection) {
    return connection.attr(SHARE).get() != Share.STRANGER;
  }

  /**
   * A good token has come over a connection. On its event loop.
   *
   * @return whether it may stay
   */
  synchronized boolean introduced(Channel connection, User user) {
    if (isKnown(connection)) {
      return true;
    }
    boolean master = user.isMaster();
    if (master ? owners >= MAX_OWNERS : accounts >= MAX_ACCOUNTS) {
      return false;
    }
    if (!strangers.remove(connection)) {
      return false; // it is being closed
    }
    if (master) {
      owners++;
    } else {
      accounts++;
    }
    connection.attr(SHARE).set(master ? Share.OWNER : Share.ACCOUNT);
    return true;
  }

  private synchronized void left(Channel connection) {
    switch (connection.attr(SHARE).get()) {
      case STRANGER -> strangers.remove(connection);
      case ACCOUNT -> accounts--;
      case OWNER -> owners--;
    }
  }
}
