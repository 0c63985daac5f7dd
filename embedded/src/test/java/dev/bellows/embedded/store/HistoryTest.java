package dev.bellows.embedded.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HistoryTest {
  @Test
  void theOldestChangesFallOutAndRaiseTheFloor() {
    History history = new History(10, 3, Long.MAX_VALUE);
    for (long version = 11; version <= 15; version++) {
      history.add(change(version, 1));
    }

    assertThat(history.floor()).isEqualTo(12);
    assertThat(history.after(13, 10))
        .extracting(c -> c.entry().version())
        .containsExactly(14L, 15L);
    assertThat(history.after(12, 2)).extracting(c -> c.entry().version()).containsExactly(13L, 14L);
  }

  @Test
  void bytesAreBoundedTooButTheNewestChangeStays() {
    History history = new History(0, 100, 10);
    history.add(change(1, 6));
    history.add(change(2, 6));
    assertThat(history.floor()).isEqualTo(1);

    history.add(change(3, 1000));

    assertThat(history.floor()).isEqualTo(2);
    assertThat(history.hasAfter(2)).isTrue();
    assertThat(history.hasAfter(3)).isFalse();
  }

  private static Change change(long version, int bytes) {
    return new Change.Added(new Entry(new Key("pods", "ns", "p"), version, new byte[bytes]));
  }
}
