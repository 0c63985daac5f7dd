package dev.bellows.embedded.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * The SQLite file. Used by one thread at a time: the opener, then the writer.
 *
 * <p>WAL with synchronous=FULL: a commit returns after its fsync. Every row carries a checksum,
 * since SQLite itself does not notice a flipped bit inside a value.
 */
final class Database implements AutoCloseable {
  /** "Blws": marks the file as ours to file(1) and to ourselves. */
  private static final int APPLICATION_ID = 0x426c7773;

  private static final int LAYOUT = 1;

  /**
   * The log is folded back into the file at this many pages of 4 KiB, and cut to this many bytes.
   */
  private static final int MAX_LOG_PAGES = 1000;

  private static final int MAX_LOG_BYTES = MAX_LOG_PAGES * 4096;

  /** Free pages beyond this go back to the file system. */
  private static final int MAX_FREE_PAGES = 1024;

  private final Path file;
  private final Connection connection;
  private @Nullable Statements statements;

  private Database(Path file, Connection connection) {
    this.file = file;
    this.connection = connection;
  }

  /**
   * Opens the file, making it where it is missing.
   *
   * @throws StoreException.Damaged if it is no database, fails SQLite's own check, or is of a
   *     layout that this version does not know
   */
  static Database open(Path file) {
    boolean fresh = !Files.exists(file);
    try {
      if (fresh) {
        Files.createFile(file);
        DataFiles.ownerOnly(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot create " + file, e);
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setJournalSizeLimit(MAX_LOG_BYTES);
    try {
      Connection connection = JDBC.createConnection("jdbc:sqlite:" + file, config.toProperties());
      Database database = new Database(file, connection);
      try {
        database.prepare();
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
      return database;
    } catch (SQLException e) {
      throw damaged(file, e.getMessage(), e);
    }
  }

  private void prepare() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // Before the first page is written, or it has no effect; so before WAL.
      statement.execute("PRAGMA auto_vacuum=INCREMENTAL");
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("PRAGMA wal_autocheckpoint=" + MAX_LOG_PAGES);
      int layout = number(statement, "PRAGMA user_version");
      if (layout == 0) {
        statement.execute("PRAGMA application_id=" + APPLICATION_ID);
        statement.execute(
            "CREATE TABLE IF NOT EXISTS object (resource TEXT NOT NULL, namespace TEXT NOT NULL,"
                + " name TEXT NOT NULL, version INTEGER NOT NULL, checksum INTEGER NOT NULL,"
                + " value BLOB NOT NULL, UNIQUE (resource, namespace, name))");
        statement.execute(
            "CREATE TABLE IF NOT EXISTS revision (only INTEGER PRIMARY KEY CHECK (only = 0),"
                + " latest INTEGER NOT NULL)");
        statement.execute("INSERT OR IGNORE INTO revision VALUES (0, 0)");
        statement.execute("PRAGMA user_version=" + LAYOUT);
      } else if (layout != LAYOUT) {
        throw damaged(file, "layout " + layout + " is of another version of Bellows", null);
      }
      try (ResultSet check = statement.executeQuery("PRAGMA quick_check(1)")) {
        if (check.next() && !"ok".equals(check.getString(1))) {
          throw damaged(file, check.getString(1), null);
        }
      }
    }
  }

  private static int number(Statement statement, String query) throws SQLException {
    try (ResultSet result = statement.executeQuery(query)) {
      return result.next() ? result.getInt(1) : 0;
    }
  }

  /** The revision of the last commit. */
  long revision() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT latest FROM revision")) {
      if (!result.next()) {
        throw damaged(file, "it has lost its revision", null);
      }
      return result.getLong(1);
    }
  }

  /** Reads every object, checking each. */
  void load(Consumer<Entry> sink) {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT resource, namespace, name, version, checksum, value FROM object")) {
      while (rows.next()) {
        Key key = new Key(rows.getString(1), rows.getString(2), rows.getString(3));
        byte[] value = rows.getBytes(6);
        if (checksum(value) != rows.getLong(5)) {
          throw damaged(file, "object " + key + " fails its checksum", null);
        }
        sink.accept(new Entry(key, rows.getLong(4), value));
      }
    } catch (SQLException e) {
      throw damaged(file, e.getMessage(), e);
    }
  }

  /**
   * Writes a group of changes in one transaction, one fsync. After an exception the file is as it
   * was before.
   */
  void commit(Collection<Change> changes, long revision) throws SQLException {
    Statements prepared = statements();
    try {
      prepared.begin.execute();
      for (Change change : changes) {
        Entry entry = change.entry();
        PreparedStatement statement =
            change instanceof Change.Removed ? prepared.remove : prepared.put;
        statement.setString(1, entry.key().resource());
        statement.setString(2, entry.key().namespace());
        statement.setString(3, entry.key().name());
        if (!(change instanceof Change.Removed)) {
          statement.setLong(4, entry.version());
          statement.setLong(5, checksum(entry.value()));
          statement.setBytes(6, entry.value());
        }
        statement.executeUpdate();
      }
      prepared.advance.setLong(1, revision);
      prepared.advance.executeUpdate();
      prepared.commit.execute();
    } catch (SQLException e) {
      discard(prepared, e);
      if (!undone(e) && revision() == revision) {
        return; // the failure came after the commit
      }
      throw e;
    }
  }

  /** The driver closes a statement that fails: the next commit makes all of them anew. */
  private void discard(Statements prepared, SQLException reason) {
    statements = null;
    for (PreparedStatement each : prepared.all()) {
      try {
        each.close();
      } catch (SQLException e) {
        reason.addSuppressed(e);
      }
    }
  }

  /** The statements of a commit, made once: to make them takes longer than to run them. */
  private record Statements(
      PreparedStatement begin,
      PreparedStatement put,
      PreparedStatement remove,
      PreparedStatement advance,
      PreparedStatement commit) {

    List<PreparedStatement> all() {
      return List.of(begin, put, remove, advance, commit);
    }
  }

  private Statements statements() throws SQLException {
    Statements known = statements;
    if (known == null) {
      known =
          new Statements(
              connection.prepareStatement("BEGIN IMMEDIATE"),
              connection.prepareStatement(
                  "INSERT INTO object (resource, namespace, name, version, checksum, value)"
                      + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (resource, namespace, name)"
                      + " DO UPDATE SET version = excluded.version, checksum = excluded.checksum,"
                      + " value = excluded.value"),
              connection.prepareStatement(
                  "DELETE FROM object WHERE resource = ? AND namespace = ? AND name = ?"),
              connection.prepareStatement("UPDATE revision SET latest = ?"),
              connection.prepareStatement("COMMIT"));
      statements = known;
    }
    return known;
  }

  /**
   * Transactions are begun and ended by name: after a full disk SQLite has rolled back by itself,
   * which the driver's own bookkeeping does not notice.
   */
  private void execute(String command) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(command);
    }
  }

  /** Rolls back. Answers false if there was nothing to roll back any more. */
  private boolean undone(SQLException reason) {
    try {
      execute("ROLLBACK");
      return true;
    } catch (SQLException e) {
      reason.addSuppressed(e);
      return false;
    }
  }

  /** Gives pages that hold nothing back to the file system, if there are many. */
  void compact() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      int free = number(statement, "PRAGMA freelist_count");
      if (free > MAX_FREE_PAGES) {
        statement.execute("PRAGMA incremental_vacuum(" + (free - MAX_FREE_PAGES / 2) + ")");
      }
    }
  }

  /** Bounds the file, so that a test can meet a full disk. */
  void limitPages(int pages) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA max_page_count=" + pages);
    }
  }

  static StoreException refusal(SQLException e) {
    return e instanceof SQLiteException sqlite
            && sqlite.getResultCode() == SQLiteErrorCode.SQLITE_FULL
        ? new StoreException.Full("no space left for the object store", e)
        : new StoreException.NotWritten("the object store could not write: " + e.getMessage(), e);
  }

  private static long checksum(byte[] value) {
    CRC32C crc = new CRC32C();
    crc.update(value, 0, value.length);
    return crc.getValue();
  }

  private static StoreException.Damaged damaged(
      Path file, @Nullable String what, @Nullable Throwable cause) {
    return new StoreException.Damaged(
        file
            + " cannot be used: "
            + what
            + ". Nothing was changed. Save what is readable with"
            + " 'sqlite3 "
            + file
            + " .recover | sqlite3 recovered.db' and put recovered.db in its"
            + " place, or move the file away to start empty",
        cause);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
