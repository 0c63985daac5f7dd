/**
 * Where the embedded cluster remembers: a durable, versioned object store on one SQLite file.
 *
 * <p>What was acknowledged survives a crash of the process or the machine; readers and watchers see
 * committed state only.
 */
@NullMarked
package dev.bellows.embedded.store;

import org.jspecify.annotations.NullMarked;
