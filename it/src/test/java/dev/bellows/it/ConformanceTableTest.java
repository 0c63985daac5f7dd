package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/conformance.md and docs/data-plane.md name no test that is not there. */
class ConformanceTableTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final Pattern ROW =
      Pattern.compile("\\| (.+?) \\| (same|covered|not here) \\|(.*)\\|");
  private static final Pattern ALTERNATIVES = Pattern.compile("\\{([^{}]*)}");
  private static final Pattern OPTION = Pattern.compile("\\[([^\\[\\]]*)]");
  private static final Pattern UNDER_OTHER_NAMES =
      Pattern.compile("as (Test\\w+)(?: and (Test\\w+))?");
  private static final Pattern OUR_TEST = Pattern.compile("`(\\w+(?:Test|IT))(?:[#.](\\w+))?`");
  private static final Pattern METHOD = Pattern.compile("\\n  void (\\w+)\\(");

  private record Row(List<String> names, String verdict, String note) {}

  @Test
  void whatIsTheSameHasATestOfThatName() throws IOException {
    Set<String> there = new TreeSet<>();
    sources()
        .forEach((name, source) -> {
          if (name.endsWith("ConformanceIT")) {
            methods(source).forEach(method -> there.add("T" + method.substring(1)));
          }
        });
    Set<String> missing = new TreeSet<>();
    for (Row row : rows()) {
      if (row.verdict().equals("same")) {
        Matcher others = UNDER_OTHER_NAMES.matcher(row.note());
        List<String> names =
            others.find()
                ? Stream.of(others.group(1), others.group(2)).filter(n -> n != null).toList()
                : row.names();
        names.stream().filter(name -> !there.contains(name)).forEach(missing::add);
      }
    }
    assertThat(missing).as("no method of a class *ConformanceIT").isEmpty();
  }

  @Test
  void whatStandsInsteadIsThere() throws IOException {
    Map<String, String> sources = sources();
    for (Row row : rows()) {
      assertThat(missing(OUR_TEST.matcher(row.note()), sources)).as("%s", row).isEmpty();
    }
  }

  @Test
  void whatHoldsAPromiseOfTheDataPlaneIsThere() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/data-plane.md"));
    assertThat(OUR_TEST.matcher(page).results()).hasSizeGreaterThan(60);
    assertThat(missing(OUR_TEST.matcher(page), sources())).isEmpty();
  }

  private static Set<String> missing(Matcher named, Map<String, String> sources) {
    Set<String> missing = new TreeSet<>();
    while (named.find()) {
      String source = sources.getOrDefault(named.group(1), "");
      if (source.isEmpty()
          || (named.group(2) != null && !methods(source).contains(named.group(2)))) {
        missing.add(named.group());
      }
    }
    return missing;
  }

  private static List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String line : Files.readAllLines(ROOT.resolve("docs/conformance.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        List<String> names =
            Stream.of(row.group(1).split(", ")).flatMap(name -> expanded(name).stream()).toList();
        rows.add(new Row(names, row.group(2), row.group(3).strip()));
      }
    }
    assertThat(rows).hasSizeGreaterThan(40);
    return rows;
  }

  /** {@code Test{A,B}[C]} stands for four names. */
  private static List<String> expanded(String name) {
    Matcher braces = ALTERNATIVES.matcher(name);
    Matcher brackets = OPTION.matcher(name);
    boolean choice = braces.find();
    if (!choice && !brackets.find()) {
      return List.of(name);
    }
    Matcher found = choice ? braces : brackets;
    Stream<String> words = Stream.of(found.group(1).split(",", -1));
    return (choice ? words : Stream.concat(Stream.of(""), words))
        .flatMap(word ->
            expanded(name.substring(0, found.start()) + word + name.substring(found.end()))
                .stream())
        .toList();
  }

  /** Every test class of the project by its simple name. */
  private static Map<String, String> sources() throws IOException {
    Map<String, String> sources = new TreeMap<>();
    List<Path> modules;
    try (Stream<Path> all = Files.list(ROOT)) {
      modules = all.map(each -> each.resolve("src/test/java")).filter(Files::exists).toList();
    }
    for (Path module : modules) {
      try (Stream<Path> files = Files.walk(module)) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          // Two modules may have a class of one name.
          sources.merge(
              file.getFileName().toString().replace(".java", ""),
              Files.readString(file),
              String::concat);
        }
      }
    }
    return sources;
  }

  private static List<String> methods(String source) {
    return METHOD.matcher(source).results().map(result -> result.group(1)).toList();
  }
}
