package dev.bellows.controlplane.webhook;

import dev.bellows.api.admission.Admission;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.route.Address;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * The webhooks as a part of a control plane: the server, and the reconciler that makes the API
 * server trust it. Opened before its {@link ControlPlane} is started.
 */
public final class Webhooks implements AutoCloseable {
  private final WebhookServer server;

  private Webhooks(WebhookServer server) {
    this.server = server;
  }

  /**
   * Opens the port and adds the reconciler. Reviews are answered once the control plane has started
   * and the installed webhook configurations trust the certificate.
   *
   * @param address to listen on; port 0 for a free one
   * @throws IOException if it is taken
   */
  public static Webhooks open(ControlPlane controlPlane, InetSocketAddress address)
      throws IOException {
    String namespace = controlPlane.surroundings().systemNamespace();
    WebhookServer server =
        WebhookServer.start(
            address,
            new AdmissionReviews(
                new Admission(controlPlane.surroundings().clusterDomain()),
                controlPlane.config(),
                controlPlane::refusal));
    Watched<Secret> secrets =
        controlPlane.informers().watchOne(Secret.class, namespace, WebhookPlan.SECRET);
    Watched<MutatingWebhookConfiguration> mutating =
        controlPlane.informers().watch(MutatingWebhookConfiguration.class);
    Watched<ValidatingWebhookConfiguration> validating =
        controlPlane.informers().watch(ValidatingWebhookConfiguration.class);
    WebhookReconciler reconciler =
        new WebhookReconciler(
            secrets,
            mutating,
            validating,
            controlPlane.writer(),
            controlPlane.clock(),
            namespace,
            server::use);
    Controller<Secret> controller = controlPlane.add(reconciler, secrets);
    controller.wake(reconciler.secret()); // there may be none yet, and so no event
    mutating.onChange(_ -> controller.wake(reconciler.secret()));
    validating.onChange(_ -> controller.wake(reconciler.secret()));
    return new Webhooks(server);
  }

  /** Where they listen. */
  public Address address() {
    InetSocketAddress bound = server.address();
    return new Address(bound.getAddress().getHostAddress(), bound.getPort());
  }

  /** Whether reviews are answered: every installed configuration trusts the certificate. */
  public boolean areAnswering() {
    return server.hasCertificate();
  }

  @Override
  public void close() {
    server.close();
  }
}
