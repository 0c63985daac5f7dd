package dev.bellows.embedded.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.Isolation;
import dev.bellows.embedded.runtime.Stdio;
import dev.bellows.embedded.runtime.TerminalSize;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttachmentTest {
  @TempDir Path directory;
  private ProcessRuntime runtime;

  @BeforeEach
  void open() throws IOException {
    runtime =
        new ProcessRuntime(
            directory.resolve("runtime"),
            Optional.empty(),
            false,
            Map.of("PATH", "/usr/bin:/bin"),
            Clock.systemUTC());
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private Container start(Stdio stdio, String... command) throws ContainerStartException {
    return runtime.start(
        new ContainerSpec(
            new ContainerId("pod", "c", 0),
            "image",
            List.of(command),
            Map.of("GREETING", "hello"),
            Optional.empty(),
            stdio,
            directory.resolve("log"),
            Isolation.NONE));
  }

  private Container idle() throws ContainerStartException {
    return start(Stdio.OUTPUT_ONLY, "sleep", "1000");
  }

  private static String text(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
  }

  private static String line(InputStream stream) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int each = stream.read(); each >= 0 && each != '\n'; each = stream.read()) {
      line.append((char) each);
    }
    return line.toString().strip();
  }

  private static int code(Attachment attachment) throws Exception {
    return attachment.exit().get(20, TimeUnit.SECONDS).code();
  }

  @Test
  void aCommandReadsSaysAndFailsApartInTheContainersEnvironment() throws Exception {
    try (Attachment command =
        idle()
            .exec(
                List.of("sh", "-c", "read line; echo \"$GREETING $line\"; echo no >&2; exit 7"),
                Stdio.PIPES)) {
      command.input().orElseThrow().write("you\n".getBytes(StandardCharsets.UTF_8));
      command.input().orElseThrow().flush();
      assertThat(text(command.output())).isEqualTo("hello you\n");
      assertThat(text(command.errors())).isEqualTo("no\n");
      assertThat(code(command)).isEqualTo(7);
    }
  }

  @Test
  void theEndOfTheInputIsTold() throws Exception {
    try (Attachment command = idle().exec(List.of("wc", "-c"), Stdio.PIPES)) {
      command.input().orElseThrow().write(new byte[100_000]);
      command.input().orElseThrow().close();
      assertThat(text(command.output()).strip()).isEqualTo("100000");
    }
  }

  @Test
  void aTerminalIsOneAndHasASize() throws Exception {
    try (Attachment command =
        idle().exec(List.of("sh", "-c", "tty; read line; stty size; exit 3"), Stdio.TERMINAL)) {
      assertThat(line(command.output())).startsWith("/dev/pts/");
      command.resize(new TerminalSize(91, 31));
      command.input().orElseThrow().write('\n');
      assertThat(text(command.output())).contains("31 91");
      assertThat(code(command)).isEqualTo(3);
    }
  }

  @Test
  void aTerminalControlsItsProgram() throws Exception {
    try (Attachment command = idle().exec(List.of("sleep", "1000"), Stdio.TERMINAL)) {
      command.input().orElseThrow().write(3); // Ctrl-C
      assertThat(code(command)).isEqualTo(130); // 128 + SIGINT
    }
  }

  @Test
  void aCommandDiesWithTheHoldOnIt() throws Exception {
    for (Stdio stdio : Stdio.values()) {
      Attachment command = idle().exec(List.of("sleep", "1000"), stdio);
      command.close();
      assertThat(code(command)).as("%s", stdio).isEqualTo(137);
    }
  }

  @Test
  void whoAttachesHearsWhatIsSaidFromThenOnAndLetsGoWithoutHarm() throws Exception {
    Container container =
        start(Stdio.PIPES, "sh", "-c", "while read line; do echo \"heard $line\"; done; exit 5");
    Attachment first = container.attach();
    first.input().orElseThrow().write("one\n".getBytes(StandardCharsets.UTF_8));
    first.input().orElseThrow().flush();
    assertThat(line(first.output())).isEqualTo("heard one");
    first.close();
    try (Attachment second = container.attach()) {
      second.input().orElseThrow().write("two\n".getBytes(StandardCharsets.UTF_8));
      second.input().orElseThrow().flush();
      assertThat(line(second.output())).isEqualTo("heard two");
      second.input().orElseThrow().close();
      assertThat(text(second.output())).isEmpty();
    }
    assertThat(container.exit().get(20, TimeUnit.SECONDS)).isEqualTo(new ExitStatus(5));
  }

  @Test
  void aListenerThatFallsFarBehindIsToldNoMoreAndTheProgramNeverWaits() throws Exception {
    Container container =
        start(
            Stdio.PIPES,
            "sh",
            "-c",
            "read line; head -c " + 3 * Tap.MAX_BEHIND_BYTES + " /dev/zero; exit 0");
    try (Attachment attachment = container.attach()) {
      attachment.input().orElseThrow().write('\n');
      attachment.input().orElseThrow().flush();
      assertThat(container.exit().get(20, TimeUnit.SECONDS)).isEqualTo(new ExitStatus(0));
      assertThatThrownBy(() -> text(attachment.output())).hasMessageContaining("bytes behind");
    }
  }
}
