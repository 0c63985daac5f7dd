package dev.bellows.dataplane.queueproxy;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when it is told to end while it is ending. The JVM reacts to the first signal by
 * running its shutdown hooks and to no further one; what it offers beyond that ({@code
 * sun.misc.Signal}) is reached by reflection, as the compiler warns of it unconditionally.
 */
final class SecondSignal {
  private SecondSignal() {}

  /** From now on SIGTERM and SIGINT end the process at once with this code. */
  static void haltsWith(int exitCode) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      InvocationHandler halt =
          (handler, method, arguments) -> {
            Runtime.getRuntime().halt(exitCode);
            return null;
          };
      Object handler =
          Proxy.newProxyInstance(
              SecondSignal.class.getClassLoader(), new Class<?>[] {handlerType}, halt);
      for (String name : new String[] {"TERM", "INT"}) {
        signal
            .getMethod("handle", signal, handlerType)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
      }
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      // Without it the drain goes its way; who is impatient has SIGKILL.
      LoggerFactory.getLogger(SecondSignal.class).debug("no second signal will be heard", e);
    }
  }
}
