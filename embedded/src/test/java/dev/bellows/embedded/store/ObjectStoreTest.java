package dev.bellows.embedded.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectStoreTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path home;
  private DataDirectory directory;
  private ObjectStore store;

  @BeforeEach
  void open() {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
  }

  @AfterEach
  void close() {
    store.close();
    directory.close();
  }

  @Test
  void keepsWhatWasAcknowledgedOverARestart() {
    Entry first = put("pods", "a", 0, "one");
    Entry second = put("pods", "a", first.version(), "two");
    put("pods", "b", 0, "gone");
    store.write(new Write.Remove(key("pods", "b"), store.revision(), version -> bytes("last")));
    long revision = store.revision();

    reopen();

    assertThat(store.revision()).isEqualTo(revision);
    assertThat(store.list("pods", null).entries())
        .singleElement()
        .satisfies(entry -> {
          assertThat(entry.version()).isEqualTo(second.version());
          assertThat(entry.value()).isEqualTo(bytes("two"));
        });
    assertThat(put("pods", "c", 0, "new").version()).isGreaterThan(revision);
  }

  @Test
  void refusesAWriterThatHasSeenAnOldState() {
    Entry first = put("pods", "a", 0, "one");
    put("pods", "a", first.version(), "two");

    Outcome late = store.write(new Write.Put(key("pods", "a"), first.version(), v -> bytes("x")));
    Outcome again = store.write(new Write.Put(key("pods", "a"), Write.ABSENT, v -> bytes("x")));

    assertThat(late).isInstanceOf(Outcome.Conflict.class);
    assertThat(again).isInstanceOf(Outcome.Conflict.class);
    assertThat(store.get(key("pods", "a")).orElseThrow().value()).isEqualTo(bytes("two"));
  }

  @Test
  void manyWaitingWritersShareATransaction() {
    List<CompletableFuture<Outcome>> answers = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      answers.add(store.submit(new Write.Put(key("pods", "p" + i), 0, v -> bytes("x"))));
    }

    answers.forEach(CompletableFuture::join);

    assertThat(store.writes()).isEqualTo(1000);
    assertThat(store.commits()).isLessThan(1000 / 5);
  }

  @Test
  void aFeedTellsEveryChangeOnceAndInOrder() throws InterruptedException {
    Entry first = put("pods", "a", 0, "one");
    try (Feed feed = store.follow("pods", first.version())) {
      Entry second = put("pods", "a", first.version(), "two");
      put("services", "s", 0, "other");
      store.write(new Write.Remove(key("pods", "a"), second.version(), v -> bytes("last")));

      List<Change> seen = new ArrayList<>();
      while (seen.size() < 2) {
        seen.addAll(feed.next(SOON));
      }

      assertThat(seen.get(0)).isInstanceOf(Change.Modified.class);
      assertThat(seen.get(1)).isInstanceOf(Change.Removed.class);
      assertThat(seen.get(1).entry().value()).isEqualTo(bytes("last"));
      assertThat(feed.next(Duration.ZERO)).isEmpty();
      assertThat(feed.revision()).isEqualTo(store.revision());
    }
  }

  @Test
  void historyFromBeforeARestartIsGone() {
    Entry first = put("pods", "a", 0, "one");
    put("pods", "a", first.version(), "two");

    reopen();

    assertThatThrownBy(() -> store.follow("pods", first.version()))
        .isInstanceOf(StoreException.Gone.class)
        .hasMessage("too old resource version: 1 (2)");
    store.follow("pods", store.revision()).close();
  }

  @Test
  void aListCanBeContinuedAtItsRevisionAlthoughObjectsHaveChangedSince() {
    Entry a = put("pods", "a", 0, "a1");
    Entry b = put("pods", "b", 0, "b1");
    long then = store.revision();
    put("pods", "a", a.version(), "a2");
    store.write(new Write.Remove(b.key(), b.version(), v -> bytes("last")));
    put("pods", "c", 0, "c1");

    Snapshot snapshot = store.listAt("pods", null, then);

    assertThat(snapshot.revision()).isEqualTo(then);
    assertThat(snapshot.entries().stream().map(entry -> new String(entry.value(), UTF_8)))
        .containsExactly("a1", "b1");
  }

  @Test
  void aListOfOneNamespaceHoldsNothingOfAnotherWithTheSameBeginning() {
    for (String namespace : List.of("team", "team-a", "teams", "a")) {
      store.write(new Write.Put(new Key("pods", namespace, "x"), 0, v -> bytes(namespace)));
    }

    assertThat(store.list("pods", "team").entries())
        .extracting(entry -> entry.key().namespace())
        .containsExactly("team");
  }

  @Test
  void aWriterWhoseValueCannotBeMadeDoesNotDisturbTheOthers() {
    CompletableFuture<Outcome> bad =
        store.submit(
            new Write.Put(
                key("pods", "bad"),
                0,
                v -> {
                  throw new IllegalStateException("no");
                }));
    CompletableFuture<Outcome> good =
        store.submit(new Write.Put(key("pods", "good"), 0, v -> bytes("x")));

    assertThat(good.join()).isInstanceOf(Outcome.Committed.class);
    assertThatThrownBy(bad::join).hasRootCauseInstanceOf(IllegalStateException.class);
    assertThat(store.get(key("pods", "bad"))).isEmpty();
  }

  @Test
  void aFullDiskGivesTheWriterAnErrorAndLeavesTheStoreIntact() throws Exception {
    put("pods", "small", 0, "x");
    long before = store.revision();
    store.limitPages(64);

    assertThatThrownBy(
            () -> store.write(new Write.Put(key("pods", "big"), 0, v -> new byte[1 << 20])))
        .isInstanceOf(StoreException.Full.class)
        .hasMessage("no space left for the object store");

    assertThat(store.revision()).isEqualTo(before);
    assertThat(store.get(key("pods", "big"))).isEmpty();
    put("pods", "small2", 0, "y");
    reopen();
    assertThat(store.list("pods", null).entries()).hasSize(2);
  }

  @Test
  void newObjectsLeaveRoomForChangesOfThoseThatAreThere() {
    reopen(1 << 20);
    Entry first = fill("a", 400);
    fill("b", 400);

    assertThatThrownBy(() -> fill("c", 200))
        .isInstanceOf(StoreException.Full.class)
        .hasMessageContaining("the object store is full")
        .hasMessageContaining("delete some");

    store.write(new Write.Put(first.key(), first.version(), v -> new byte[500 << 10]));
    assertThat(store.get(first.key()).orElseThrow().value()).hasSize(500 << 10);
    assertThat(store.get(key("pods", "c"))).isEmpty();
  }

  @Test
  void aFullStoreTakesRemovalsAndMarksOfThemAndThenNewObjectsAgain() {
    reopen(1 << 20);
    Entry first = fill("a", 448);
    Entry second = fill("b", 447);
    second = change(second, 575);
    Entry full = second;
    assertThatThrownBy(() -> change(full, 580)).isInstanceOf(StoreException.Full.class);

    Write mark = new Write.Put(first.key(), first.version(), v -> new byte[(448 << 10) + 60]);
    assertThat(store.write(mark)).isInstanceOf(Outcome.Committed.class);
    change(second, 100);

    assertThat(fill("c", 200).version()).isGreaterThan(second.version());
  }

  @Test
  void whatIsRemovedLeavesRoomOverARestartToo() {
    reopen(1 << 20);
    for (int i = 0; i < 20; i++) {
      Entry entry = fill("a", 800);
      store.write(new Write.Remove(entry.key(), entry.version(), v -> bytes("last")));
    }
    fill("b", 800);
    reopen(1 << 20);

    assertThatThrownBy(() -> fill("c", 200)).isInstanceOf(StoreException.Full.class);
  }

  @Test
  void anObjectThatIsTooLargeIsRefused() {
    assertThatThrownBy(() ->
            store.write(
                new Write.Put(
                    key("pods", "a"), 0, v -> new byte[ObjectStore.MAX_OBJECT_BYTES + 1])))
        .isInstanceOf(StoreException.TooLarge.class)
        .hasMessageContaining("limit is 1572864");
  }

  @Test
  void theHistoriesOfAllKindsTogetherAreBounded() {
    for (int kind = 0; kind < 30; kind++) {
      Write put = new Write.Put(new Key("kind" + kind, "", "x"), 0, v -> new byte[1 << 20]);
      Entry entry = ((Outcome.Committed) store.write(put)).entry();
      store.write(new Write.Remove(entry.key(), entry.version(), v -> new byte[1 << 20]));
    }

    assertThat(store.historyBytes()).isPositive().isLessThanOrEqualTo(History.MAX_BYTES_OF_ALL);
    assertThatThrownBy(
            () -> {
              for (int kind = 0; kind < 30; kind++) {
                store.follow("kind" + kind, 2L * kind).close();
              }
            })
        .isInstanceOf(StoreException.Gone.class);
    store.follow("kind0", store.revision()).close();
  }

  @Test
  void aFeedWhoseHistoryGaveWayToAnotherKindsIsTold() throws InterruptedException {
    Entry first = put("pods", "a", 0, "one");
    put("pods", "a", first.version(), "two");
    try (Feed feed = store.follow("pods", first.version())) {
      store.forgetHistory("pods");

      assertThatThrownBy(() -> feed.next(SOON)).isInstanceOf(StoreException.Gone.class);
    }
  }

  private Entry fill(String name, int kib) {
    Write put = new Write.Put(key("pods", name), 0, v -> new byte[kib << 10]);
    return ((Outcome.Committed) store.write(put)).entry();
  }

  private Entry change(Entry entry, int kib) {
    Write put = new Write.Put(entry.key(), entry.version(), v -> new byte[kib << 10]);
    return ((Outcome.Committed) store.write(put)).entry();
  }

  private void reopen(long maxBytes) {
    store.close();
    store = ObjectStore.open(directory, maxBytes);
  }

  @Test
  void aFlippedBitInAValueIsNoticed() throws IOException {
    put("pods", "a", 0, "find-this-text-in-the-file");
    store.close();
    Path file = home.resolve("state.db");
    byte[] content = Files.readAllBytes(file);
    int at = new String(content, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("find-this");
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.seek(at);
      access.write('F');
    }

    assertThatThrownBy(() -> ObjectStore.open(directory))
        .isInstanceOf(StoreException.Damaged.class)
        .hasMessageContaining("object pods/ns/a fails its checksum")
        .hasMessageContaining("sqlite3 " + file + " .recover");
  }

  @Test
  void aFileThatIsNoDatabaseIsRefusedWithTheWayOut() throws IOException {
    store.close();
    Files.delete(home.resolve("state.db"));
    Files.writeString(
        home.resolve("state.db"), "this is not a database, but long enough".repeat(9));

    assertThatThrownBy(() -> ObjectStore.open(directory))
        .isInstanceOf(StoreException.Damaged.class)
        .hasMessageContaining("not a database")
        .hasMessageContaining("move the file away to start empty");
  }

  @Test
  void theFileStaysSmallHoweverOftenAnObjectChanges() throws IOException {
    List<CompletableFuture<Outcome>> answers = new ArrayList<>();
    for (int round = 0; round < 200; round++) {
      for (int i = 0; i < 50; i++) {
        Key key = key("pods", "p" + i);
        long seen = store.get(key).map(Entry::version).orElse(Write.ABSENT);
        answers.add(store.submit(new Write.Put(key, seen, v -> new byte[2000])));
      }
      answers.forEach(CompletableFuture::join);
      answers.clear();
    }
    assertThat(store.writes()).isEqualTo(10_000);
    assertThat(Files.size(home.resolve("state.db"))).isLessThan(1 << 20);
    assertThat(Files.size(home.resolve("state.db-wal"))).isLessThan(16 << 20);
  }

  @Test
  void aClosedStoreRefusesWrites() {
    store.close();

    assertThatThrownBy(() -> put("pods", "a", 0, "x"))
        .isInstanceOf(StoreException.NotWritten.class)
        .hasMessage("the object store is closed");
  }

  private Entry put(String resource, String name, long expected, String value) {
    Outcome outcome =
        store.write(new Write.Put(key(resource, name), expected, version -> bytes(value)));
    return ((Outcome.Committed) outcome).entry();
  }

  private void reopen() {
    store.close();
    store = ObjectStore.open(directory);
  }

  private static Key key(String resource, String name) {
    return new Key(resource, "ns", name);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
