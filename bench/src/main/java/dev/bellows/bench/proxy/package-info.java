/** The proxies as {@code bench/proxy.sh} measures them, without anything around. */
@NullMarked
package dev.bellows.bench.proxy;

import org.jspecify.annotations.NullMarked;
