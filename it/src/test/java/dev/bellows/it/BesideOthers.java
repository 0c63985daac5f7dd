package dev.bellows.it;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Scenarios that mostly wait, and that measure nothing that a busy machine would change: three of
 * them run at a time. They have free ports, or addresses, that nobody else has. All others run
 * alone.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("beside-others")
@interface BesideOthers {}
