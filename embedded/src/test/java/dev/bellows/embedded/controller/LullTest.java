package dev.bellows.embedded.controller;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LullTest {
  private long writes;
  private long millis = -100; // such times may be negative
  private final Lull lull = new Lull(() -> writes, () -> millis * 1_000_000, Duration.ofMillis(20));

  @Test
  void isThereWhenNobodyHasWrittenForAWhile() {
    assertThat(lull.isNow()).isFalse();
    millis += 19;
    assertThat(lull.isNow()).isFalse();
    millis += 1;
    assertThat(lull.isNow()).isTrue();
  }

  @Test
  void endsWithTheNextWriteOfSomebodyElse() {
    millis += 20;
    assertThat(lull.isNow()).isTrue();
    writes++;
    assertThat(lull.isNow()).isFalse();
    millis += 20;
    assertThat(lull.isNow()).isTrue();
  }

  @Test
  void goesOnWhenTheWriteWasOnesOwn() {
    millis += 20;
    assertThat(lull.isNow()).isTrue();
    writes++;
    lull.goesOn();
    assertThat(lull.isNow()).isTrue();
  }
}
