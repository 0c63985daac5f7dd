/**
 * The programs of the two built-in images. They run in processes of their own, on the JDK alone.
 */
@NullMarked
package dev.bellows.images;

import org.jspecify.annotations.NullMarked;
