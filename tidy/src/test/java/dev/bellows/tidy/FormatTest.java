package dev.bellows.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Every Java source is as google-java-format writes it. {@code mvn -q -pl tidy test -Dformat=write}
 * rewrites those that are not.
 */
class FormatTest {
  private static final boolean WRITE = "write".equals(System.getProperty("format"));

  @Test
  void everySourceIsFormatted() throws IOException {
    Formatter formatter = new Formatter();
    List<String> unformatted = new ArrayList<>();
    for (Path source : Sources.java()) {
      String text = Files.readString(source);
      try {
        String formatted = formatter.formatSourceAndFixImports(text);
        if (formatted.equals(text)) {
          continue;
        }
        if (WRITE) {
          Files.writeString(source, formatted);
        } else {
          unformatted.add(Sources.name(source));
        }
      } catch (FormatterException e) {
        unformatted.add(Sources.name(source) + ": " + e.getMessage());
      }
    }
    assertThat(unformatted)
        .as("sources to format; run: mvn -q -pl tidy test -Dformat=write")
        .isEmpty();
  }
}
