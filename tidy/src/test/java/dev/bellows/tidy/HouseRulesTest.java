package dev.bellows.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Rules that a compiler cannot hold, each with its reason. */
class HouseRulesTest {
  private static final int LONGEST_SOURCE = 600;

  @Test
  void noTestSleeps() throws IOException {
    assertThat(matches("/src/test/", Pattern.compile("Thread\\.sleep|TimeUnit\\.[A-Z]+\\.sleep")))
        .as("await a condition or move a virtual clock")
        .isEmpty();
  }

  @Test
  void noTestIsSwitchedOff() throws IOException {
    assertThat(matches("/src/test/", Pattern.compile("@(Disabled|Ignore)\\b")))
        .as("a test that cannot run somewhere aborts aloud, by an assumption")
        .isEmpty();
  }

  @Test
  void coreNeverAsksTheMachineForTheTimeOrForChance() throws IOException {
    assertThat(
            matches(
                "core/src/main/",
                Pattern.compile(
                    "currentTimeMillis|nanoTime\\(|Instant\\.now|Clock\\.system|Math\\.random"
                        + "|new Random\\(\\)|ThreadLocalRandom")))
        .as("time and randomness are arguments")
        .isEmpty();
  }

  @Test
  void nothingIsLeftUnfinished() throws IOException {
    // Written in halves, so that this file does not find itself.
    Pattern marks = Pattern.compile("TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK");
    assertThat(matches("/src/", marks)).as("finish it, or write it into docs").isEmpty();
  }

  @Test
  void everyRoomHasAnOwner() throws IOException {
    assertThat(Sources.java())
        .as("a package named for what it is")
        .noneMatch(file ->
            Sources.name(file).matches(".*/(util|utils|common|helper|helpers|misc|impl)/.*"));
  }

  @Test
  void everySourceIsOneThing() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (Path source : Sources.java()) {
      long lines = Files.readAllLines(source).size();
      if (!Sources.name(source).contains("/src/test/") && lines > LONGEST_SOURCE) {
        tooLong.add(Sources.name(source) + ": " + lines);
      }
    }
    assertThat(tooLong).as("at most " + LONGEST_SOURCE + " lines: is it one thing?").isEmpty();
  }

  @Test
  void everyMainPackageIsNullMarked() throws IOException {
    List<String> unmarked = new ArrayList<>();
    for (Path source : Sources.java()) {
      Path info = source.resolveSibling("package-info.java");
      if (Sources.name(source).contains("/src/main/")
          && !(Files.exists(info) && Files.readString(info).contains("@NullMarked"))) {
        unmarked.add(Sources.name(source.getParent()));
      }
    }
    assertThat(unmarked).as("packages without @NullMarked in package-info.java").isEmpty();
  }

  private static List<String> matches(String place, Pattern pattern) throws IOException {
    List<String> found = new ArrayList<>();
    for (Path source : Sources.java()) {
      if (!Sources.name(source).contains(place) || source.endsWith("HouseRulesTest.java")) {
        continue;
      }
      List<String> lines = Files.readAllLines(source);
      for (int i = 0; i < lines.size(); i++) {
        Matcher matcher = pattern.matcher(lines.get(i));
        if (matcher.find()) {
          found.add(Sources.name(source) + ":" + (i + 1) + ": " + matcher.group());
        }
      }
    }
    return found;
  }
}
