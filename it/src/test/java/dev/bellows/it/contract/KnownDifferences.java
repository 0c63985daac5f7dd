package dev.bellows.it.contract;

import java.lang.reflect.Method;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** Holds the embedded server to what {@link Differs} says of it. */
final class KnownDifferences implements InvocationInterceptor {
  @Override
  public void interceptTestMethod(
      Invocation<Void> invocation,
      ReflectiveInvocationContext<Method> called,
      ExtensionContext context)
      throws Throwable {
    run(invocation, called);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<Void> invocation,
      ReflectiveInvocationContext<Method> called,
      ExtensionContext context)
      throws Throwable {
    run(invocation, called);
  }

  private static void run(Invocation<Void> invocation, ReflectiveInvocationContext<Method> called)
      throws Throwable {
    Differs differs = called.getExecutable().getAnnotation(Differs.class);
    boolean embedded =
        called
            .getTarget()
            .filter(ContractTest.class::isInstance)
            .map(ContractTest.class::cast)
            .filter(test -> test.backend.isEmbedded())
            .isPresent();
    if (differs == null || !embedded) {
      invocation.proceed();
      return;
    }
    try {
      invocation.proceed();
    } catch (AssertionError | ConditionTimeoutException e) {
      return; // as it is known to
    }
    Assertions.fail("the embedded API server does this by now, although: " + differs.value());
  }
}
