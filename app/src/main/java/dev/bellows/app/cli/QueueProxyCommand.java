package dev.bellows.app.cli;

import dev.bellows.dataplane.queueproxy.Sidecar;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code bellows queue-proxy}: one pod's queue-proxy. {@code ./bellows} starts it without coming
 * through here, from a class path that is a fraction of this one's.
 */
@Command(
    name = "queue-proxy",
    description = {
      "Run the queue-proxy of one pod, beside its user container.",
      "It is told everything by the environment variables that Knative's own is told by."
    },
    mixinStandardHelpOptions = true)
final class QueueProxyCommand implements Callable<Integer> {
  @Override
  public Integer call() throws InterruptedException {
    Sidecar.main(new String[0]);
    return 0;
  }
}
