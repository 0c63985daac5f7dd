/** Programs of services that scripts cannot be: each runs as a process of its own. */
@org.jspecify.annotations.NullMarked
package dev.bellows.it.programs;
