package dev.bellows.embedded.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} at random moments, under load: what was acknowledged is there afterwards. */
class CrashTest {
  private static final int KILLS = 6;
  private static final int WRITERS = 8;

  @TempDir Path home;

  @Test
  void nothingAcknowledgedIsLostAndVersionsNeverGoBack() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Map<String, String> acknowledged = new ConcurrentHashMap<>();
    long revision = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      ForkedJvm writer = ForkedJvm.start(Writer.class, home.toString(), Integer.toString(kill));
      int enough = 20 + random.nextInt(600);
      try (BufferedReader said = writer.output()) {
        said.lines()
            .limit(enough)
            .filter(line -> line.endsWith("."))
            .map(line -> line.substring(0, line.length() - 1).split(" "))
            .forEach(word -> acknowledged.put(word[0], word[1]));
        writer.kill();
        // What it had still said before the end counts as well.
        drain(said).forEach(word -> acknowledged.put(word[0], word[1]));
      }

      try (DataDirectory directory = DataDirectory.claim(home);
          ObjectStore store = ObjectStore.open(directory)) {
        acknowledged.forEach((name, value) -> {
          Entry entry = store.get(new Key("things", "", name)).orElseThrow();
          // A later write may have been durable, and its acknowledgement unsaid.
          assertThat(Long.parseLong(new String(entry.value(), UTF_8)))
              .as("%s after kill, seed %d", name, seed)
              .isGreaterThanOrEqualTo(Long.parseLong(value));
        });
        assertThat(store.revision()).as("seed %d", seed).isGreaterThanOrEqualTo(revision);
        revision = store.revision();
      }
    }
    assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(WRITERS);
  }

  private static Stream<String[]> drain(BufferedReader said) throws IOException {
    Stream.Builder<String[]> words = Stream.builder();
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      if (line.endsWith(".")) {
        words.add(line.substring(0, line.length() - 1).split(" "));
      }
    }
    return words.build();
  }

  /** Writes rising numbers under a few names for ever, and says each once it is acknowledged. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) {
      ObjectStore store = ObjectStore.open(DataDirectory.claim(Path.of(arguments[0])));
      long start = Long.parseLong(arguments[1]) * 1_000_000_000L;
      for (int i = 0; i < WRITERS; i++) {
        Key key = new Key("things", "", "thing" + i);
        Thread.ofPlatform().start(() -> write(store, key, start));
      }
    }

    private static void write(ObjectStore store, Key key, long start) {
      long version = store.get(key).map(Entry::version).orElse(Write.ABSENT);
      for (long number = start + 1; ; number++) {
        byte[] value = Long.toString(number).getBytes(UTF_8);
        Outcome outcome = store.write(new Write.Put(key, version, at -> value));
        version = ((Outcome.Committed) outcome).entry().version();
        synchronized (Writer.class) {
          // The full stop tells a whole line from one that the kill cut.
          System.out.println(key.name() + " " + number + ".");
          System.out.flush();
        }
      }
    }
  }
}
