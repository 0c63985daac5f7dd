package dev.bellows.embedded.runtime;

import java.util.Optional;

/**
 * What became of a command that was run inside a container.
 *
 * @param exit how it ended; absent if it was killed because its time was up
 * @param output the first bytes that it wrote, standard output and error together
 */
public record ExecResult(Optional<ExitStatus> exit, String output) {}
