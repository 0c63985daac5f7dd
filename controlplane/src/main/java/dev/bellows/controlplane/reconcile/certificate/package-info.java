/** Certificates that Routes, DomainMappings and namespaces want for their hosts (spec §6). */
@NullMarked
package dev.bellows.controlplane.reconcile.certificate;

import org.jspecify.annotations.NullMarked;
