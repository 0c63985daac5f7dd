/**
 * The system's admission webhooks for a cluster (serving spec §9): the defaults and rules of {@code
 * api.admission} over HTTPS, and the certificate that the cluster's API server trusts.
 */
@NullMarked
package dev.bellows.controlplane.webhook;

import org.jspecify.annotations.NullMarked;
