package dev.bellows.core.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;

/**
 * Replays recorded cases of the original and counts how they compare.
 *
 * <p>The recordings live compressed in {@code src/test/resources/golden/FILE.jsonl.gz} of the
 * module that answers for them. The system property {@code vectors} names a directory to read
 * {@code FILE.jsonl} (or {@code FILE.jsonl.gz}) from instead.
 */
public final class Golden {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DISAGREEMENTS_SHOWN = 10;

  /** How one case compares. */
  public sealed interface Verdict {}

  /** The case came out as recorded. */
  public record Agrees() implements Verdict {}

  /**
   * The case came out otherwise, on purpose, and exactly as the exception says it should.
   *
   * @param reason why, naming the ADR
   */
  public record DiffersAsDocumented(String reason) implements Verdict {}

  /**
   * The case came out otherwise.
   *
   * @param firstDifference where, what was expected, what came
   */
  public record Disagrees(String firstDifference) implements Verdict {}

  private Golden() {}

  /**
   * Judges every case of a file, prints one line of counts, and fails if one disagrees or if there
   * was none.
   *
   * @param file name without ending, such as {@code windows}
   * @param judge compares one case; an exception counts as a disagreement
   */
  public static void replay(String file, Function<JsonNode, Verdict> judge) {
    int run = 0;
    int agreeing = 0;
    Map<String, Integer> documented = new TreeMap<>();
    List<String> disagreeing = new ArrayList<>();
    try (BufferedReader lines = open(file)) {
      lines.readLine(); // the header: schema, source, doc
      for (String line; (line = lines.readLine()) != null; ) {
        if (line.isBlank()) {
          continue;
        }
        JsonNode recorded = JSON.readTree(line);
        run++;
        switch (judgeSafely(judge, recorded)) {
          case Agrees() -> agreeing++;
          case DiffersAsDocumented(String reason) -> documented.merge(reason, 1, Integer::sum);
          case Disagrees(String difference) ->
              disagreeing.add(recorded.path("id").asText("(no id)") + ": " + difference);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading recorded cases of " + file, e);
    }
    int differing = documented.values().stream().mapToInt(Integer::intValue).sum();
    System.out.printf(
        "%s: %d cases run, %d agreeing, %d differing as documented, %d disagreeing%n",
        file, run, agreeing, differing, disagreeing.size());
    documented.forEach(
        (reason, count) -> System.out.printf("  documented: %d x %s%n", count, reason));
    disagreeing.stream()
        .limit(DISAGREEMENTS_SHOWN)
        .forEach(difference -> System.out.printf("  disagrees: %s%n", difference));
    if (run == 0 || !disagreeing.isEmpty()) {
      throw new AssertionError(
          "%s: %d of %d cases disagree%s; repeat with: mvn -q test -Dtest='*VectorTest'"
                  .formatted(
                      file,
                      disagreeing.size(),
                      run,
                      disagreeing.isEmpty() ? "" : ", first: " + disagreeing.getFirst())
              + " -Dsurefire.failIfNoSpecifiedTests=false"
              + (directory().isEmpty() ? "" : " -Dvectors=" + directory()));
    }
  }

  private static Verdict judgeSafely(Function<JsonNode, Verdict> judge, JsonNode recorded) {
    try {
      return judge.apply(recorded);
    } catch (RuntimeException | AssertionError e) {
      return new Disagrees(e.toString());
    }
  }

  private static String directory() {
    return System.getProperty("vectors", "");
  }

  private static BufferedReader open(String file) throws IOException {
    if (directory().isEmpty()) {
      InputStream resource = Golden.class.getResourceAsStream("/golden/" + file + ".jsonl.gz");
      if (resource == null) {
        throw new IOException("no resource /golden/" + file + ".jsonl.gz");
      }
      return reader(new GZIPInputStream(resource));
    }
    Path plain = Path.of(directory(), file + ".jsonl");
    if (Files.exists(plain)) {
      return reader(Files.newInputStream(plain));
    }
    Path zipped = Path.of(directory(), file + ".jsonl.gz");
    if (!Files.exists(zipped)) {
      System.out.printf("%s: SKIPPED, %s has no such file%n", file, directory());
      Assumptions.abort(directory() + " has no " + file + ".jsonl");
    }
    return reader(new GZIPInputStream(Files.newInputStream(zipped)));
  }

  private static BufferedReader reader(InputStream in) {
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }

  /** Equal to 1e-9 relative, or 1e-12 absolute near zero; NaN equals NaN. */
  public static boolean close(double expected, double actual) {
    if (Double.compare(expected, actual) == 0) {
      return true;
    }
    double difference = Math.abs(expected - actual);
    return difference <= 1e-12
        || difference <= 1e-9 * Math.max(Math.abs(expected), Math.abs(actual));
  }

  /** A recorded double: a number, or the text NaN, Infinity or -Infinity. */
  public static double number(JsonNode node) {
    return node.isTextual() ? Double.parseDouble(node.textValue()) : node.doubleValue();
  }

  /** Whether the case carries a tag. */
  public static boolean tagged(JsonNode recorded, String tag) {
    for (JsonNode each : recorded.path("tags")) {
      if (each.asText().equals(tag)) {
        return true;
      }
    }
    return false;
  }
}
