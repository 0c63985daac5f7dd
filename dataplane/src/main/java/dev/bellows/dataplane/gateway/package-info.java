/**
 * The ingress: which Service a request is for, and which of its addresses gets it. It reads
 * KIngress and Endpoints, as any networking layer does, and knows nothing of Revisions or scaling.
 */
@NullMarked
package dev.bellows.dataplane.gateway;

import org.jspecify.annotations.NullMarked;
