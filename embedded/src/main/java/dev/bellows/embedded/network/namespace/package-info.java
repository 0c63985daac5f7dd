/**
 * Network namespaces of Linux, as pods' own networks: made by system calls and rtnetlink, since a
 * program run for each step would cost more than the pod's start may.
 */
@NullMarked
package dev.bellows.embedded.network.namespace;

import org.jspecify.annotations.NullMarked;
