package dev.bellows.it;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the parts need only in situations that no scenario brings about for certain. */
final class RareRights {
  /** Of an installation with webhooks, which {@link InstallIT} drives. */
  static final SortedSet<String> OF_WEBHOOKS = ofWebhooks();

  /** Right, as {@link AuditedRights.Right} tells it, to why it is granted nevertheless. */
  static final Map<String, String> WHY = why();

  private RareRights() {}

  private static Map<String, String> why() {
    Map<String, String> why = new TreeMap<>();
    for (String kind : List.of("services", "configurations", "revisions", "routes")) {
      addLookAgain(why, "control-plane", kind + ".serving.knative.dev");
    }
    addLookAgain(why, "control-plane", "domainmappings.serving.knative.dev");
    addLookAgain(why, "control-plane", "serverlessservices.networking.internal.knative.dev");
    addLookAgain(why, "autoscaler", "podautoscalers.autoscaling.internal.knative.dev");
    addLookAgain(why, "autoscaler", "metrics.autoscaling.internal.knative.dev");
    addLookAgain(why, "gateway", "ingresses.networking.internal.knative.dev");
    for (String account : List.of("control-plane", "autoscaler")) {
      String leases = account + ": get leases.coordination.k8s.io in knative-serving";
      why.put(leases, "somebody else writes in the moment before a Lease");
    }
    for (String account : List.of("autoscaler", "gateway")) {
      why.put(account + ": create events", "what it writes is refused");
      why.put(account + ": patch events", "what it writes is refused again");
    }
    why.put(
        "autoscaler: update endpointslices.discovery.k8s.io in knative-serving",
        "a bucket's name has led to another autoscaler");
    why.put(
        "control-plane: patch certificates.networking.internal.knative.dev",
        "the names of a certificate change");
    OF_WEBHOOKS.forEach(right -> why.put(right, "a control plane with webhooks"));
    why.put(
        "control-plane: patch secrets webhook-certs in knative-serving",
        "a certificate is made anew after 60 days");
    return why;
  }

  private static void addLookAgain(Map<String, String> why, String account, String resource) {
    why.put(account + ": get " + resource, "somebody else writes in the moment before a status");
  }

  private static SortedSet<String> ofWebhooks() {
    SortedSet<String> rights = new TreeSet<>();
    for (String form : List.of("mutating", "validating")) {
      String resource = form + "webhookconfigurations.admissionregistration.k8s.io";
      rights.add("control-plane: list " + resource);
      rights.add("control-plane: watch " + resource);
      List<String> names =
          form.equals("mutating")
              ? List.of("webhook.serving.knative.dev")
              : List.of(
                  "validation.webhook.serving.knative.dev", "config.webhook.serving.knative.dev");
      names.forEach(name -> rights.add("control-plane: patch " + resource + " " + name));
    }
    rights.add("control-plane: list secrets webhook-certs in knative-serving");
    rights.add("control-plane: watch secrets webhook-certs in knative-serving");
    rights.add("control-plane: create secrets in knative-serving");
    return rights;
  }
}
