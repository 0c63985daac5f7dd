package dev.bellows.embedded.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ProcessTableTest {
  @Test
  void readsAProcessWhoseNameImitatesTheFieldsAfterIt() {
    String stat =
        "4711 (a) Z 1 (b) S 1 4711 4710 0 -1 4194304 93 0 0 0 0 0 0 0 20 0 1 0 127361 2338816 190";
    assertThat(ProcessTable.parse(stat))
        .isEqualTo(new ProcessTable.Entry(4711, 'S', 4711, 4710, 127361));
  }

  @Test
  void findsThisProcessAndNotOneThatCannotBe() throws IOException {
    long self = ProcessHandle.current().pid();
    assertThat(ProcessTable.find(self)).isPresent();
    assertThat(ProcessTable.all()).extracting(ProcessTable.Entry::pid).contains(self);
    assertThat(ProcessTable.find(Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void readsAVariableOfAnEnvironment() {
    assertThat(ProcessTable.variable("A=1\0B=2=3\0", "A")).contains("1");
    assertThat(ProcessTable.variable("A=1\0B=2=3\0", "B")).contains("2=3");
    assertThat(ProcessTable.variable("A=1\0B=", "B")).contains("");
    assertThat(ProcessTable.variable("AB=1\0C=B=2\0", "B")).isEmpty();
    assertThat(ProcessTable.variable("", "B")).isEmpty();
  }
}
