/** Services as programs see them: addresses that lead to pods, and names that lead to addresses. */
@NullMarked
package dev.bellows.embedded.network.service;

import org.jspecify.annotations.NullMarked;
