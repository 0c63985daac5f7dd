/**
 * The whole system as its users meet it: started as a process, driven by programs nobody here
 * wrote.
 */
@NullMarked
package dev.bellows.it;

import org.jspecify.annotations.NullMarked;
