package dev.bellows.controlplane.reconcile.serverlessservice;

import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.networking.ServerlessServiceSpec;
import dev.bellows.api.networking.ServerlessServiceStatus;
import dev.bellows.controlplane.reconcile.ChildName;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.StatusConditions;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import dev.bellows.core.revision.Protocol;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides what becomes of a ServerlessService's two Services and of the public Endpoints. */
final class ServerlessServicePlan {
  static final String ENDPOINTS_POPULATED = "EndpointsPopulated";
  static final String ACTIVATOR_ENDPOINTS_POPULATED = "ActivatorEndpointsPopulated";
  static final ConditionSet CONDITIONS = ConditionSet.living(ENDPOINTS_POPULATED);
  static final String PROXY = "Proxy";

  private final Seen seen;
  private final ServerlessService sks;
  private final ServerlessServiceSpec spec;
  private final Protocol protocol;
  private final Instant now;
  private final List<Step> steps = new ArrayList<>();
  private Conditions conditions;

  private ServerlessServicePlan(Seen seen, Instant now) {
    this.seen = seen;
    this.sks = seen.sks();
    this.spec = sks.getSpec();
    this.protocol =
        Protocol.H2C.wireName().equals(spec.protocolType()) ? Protocol.H2C : Protocol.HTTP1;
    this.now = now;
    this.conditions =
        StatusConditions.before(
            CONDITIONS, sks.getStatus(), sks.getMetadata().getGeneration(), now);
  }

  /** What to write, given what is seen. */
  static Plan plan(Seen seen, Instant now) {
    return new ServerlessServicePlan(seen, now).plan();
  }

  /** Name of the private Service of a ServerlessService. */
  static String privateName(String sks) {
    return ChildName.of(sks, "-private");
  }

  private Plan plan() {
    if (seen.target().isEmpty()) {
      return end(
          null, null, failed("the scale target of " + sks.getMetadata().getName() + " is missing"));
    }
    Map<String, String> selector = seen.target().get().getSpec().getSelector().getMatchLabels();
    for (Optional<? extends HasMetadata> child :
        List.of(seen.privateService(), seen.publicService(), seen.publicEndpoints())) {
      if (child.isPresent() && !Children.isControlledBy(child.get(), sks)) {
        return notOwned(child.get());
      }
    }
    Service privateService = ServicePair.privateService(sks, protocol, selector);
    Service publicService = ServicePair.publicService(sks, protocol);
    reconcile(privateService, seen.privateService());
    reconcile(publicService, seen.publicService());
    reconcileEndpoints();
    return end(
        publicService.getMetadata().getName(),
        privateService.getMetadata().getName(),
        Outcome.done());
  }

  private void reconcile(Service wanted, Optional<Service> found) {
    if (found.isEmpty()) {
      steps.add(new Step.Create(wanted));
      return;
    }
    Service service = found.get();
    List<ServicePort> ports = wanted.getSpec().getPorts();
    Map<String, String> selector = Children.orEmpty(wanted.getSpec().getSelector());
    // Only these are ours: the server fills in addresses, families and node ports.
    if (ServicePair.samePorts(service.getSpec().getPorts(), ports)
        && selector.equals(Children.orEmpty(service.getSpec().getSelector()))) {
      return;
    }
    Service changed =
        new ServiceBuilder(service)
            .editSpec()
            .withPorts(ports)
            .withSelector(selector)
            .endSpec()
            .build();
    Step.patch(service, changed).ifPresent(steps::add);
  }

  private void reconcileEndpoints() {
    // Endpoints that do not exist yet count as empty, where upstream fails the pass: they come by
    // the watch, and until then the activators (or nobody) stand behind the public Service.
    Optional<Endpoints> pods = seen.privateEndpoints();
    Optional<Endpoints> activators = seen.activatorEndpoints();
    boolean podsReady = pods.map(PublicEndpoints::hasReady).orElse(false);
    boolean proxy = PROXY.equals(spec.mode()) || !podsReady;
    boolean anyActivator = activators.map(PublicEndpoints::hasReady).orElse(false);
    if (podsReady) {
      conditions = conditions.markTrue(ENDPOINTS_POPULATED, now);
    } else {
      conditions =
          conditions.markUnknown(
              ENDPOINTS_POPULATED, "NoHealthyBackends", "No pod of the Revision is ready.", now);
    }
    conditions =
        proxy
            ? conditions.markTrue(ACTIVATOR_ENDPOINTS_POPULATED, now)
            : conditions.markFalse(
                ACTIVATOR_ENDPOINTS_POPULATED,
                "Serving",
                "Requests go to the pods of the Revision.",
                now);
    var subsets =
        proxy && anyActivator
            ? PublicEndpoints.ofActivators(
                activators.get(), protocol, sks.getMetadata().getName(), numActivators())
            : pods.map(found -> PublicEndpoints.ofPods(found, protocol)).orElse(List.of());
    if (seen.publicEndpoints().isEmpty()) {
      steps.add(
          new Step.Create(
              new EndpointsBuilder()
                  .withMetadata(ServicePair.publicMetadata(sks))
                  .withSubsets(subsets)
                  .build()));
    } else if (!seen.publicEndpoints().get().getSubsets().equals(subsets)) {
      Endpoints found = seen.publicEndpoints().get();
      Step.patch(found, new EndpointsBuilder(found).withSubsets(subsets).build())
          .ifPresent(steps::add);
    }
  }

  private int numActivators() {
    return spec.numActivators() == null ? 0 : spec.numActivators();
  }

  private Plan notOwned(HasMetadata child) {
    String message =
        "There is an existing %s \"%s\" that we do not own."
            .formatted(child.getKind(), child.getMetadata().getName());
    conditions = conditions.markFalse(ENDPOINTS_POPULATED, "NotOwned", message, now);
    return end(null, null, failed(message));
  }

  private static Outcome failed(String message) {
    return new Outcome.Failed(message);
  }

  private Plan end(@Nullable String publicName, @Nullable String privateName, Outcome outcome) {
    ServerlessServiceStatus before = sks.getStatus();
    ServerlessServiceStatus after =
        new ServerlessServiceStatus(
            sks.getMetadata().getGeneration(),
            StatusConditions.after(CONDITIONS, conditions, before),
            before == null ? Map.of() : before.annotations(),
            publicName != null || before == null ? publicName : before.serviceName(),
            privateName != null || before == null ? privateName : before.privateServiceName());
    if (!Objects.equals(before, after)) {
      steps.add(
          StatusConditions.update(new ServerlessService(), sks, after, isInterim(before, after)));
    }
    return new Plan(steps, outcome);
  }

  /** Whether nothing is new but which generation it is about: nobody waits for that (ADR 0017). */
  private static boolean isInterim(
      @Nullable ServerlessServiceStatus before, ServerlessServiceStatus after) {
    return before != null
        && before.conditions().equals(after.conditions())
        && Objects.equals(before.serviceName(), after.serviceName())
        && Objects.equals(before.privateServiceName(), after.privateServiceName());
  }
}
