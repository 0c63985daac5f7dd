package dev.bellows.controlplane.reconcile.certificate;

import dev.bellows.api.config.NetworkConfig;
import dev.bellows.api.config.NetworkConfig.HttpProtocol;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.CertificateSpec;
import dev.bellows.api.networking.CertificateStatus;
import dev.bellows.api.networking.Http01Challenge;
import dev.bellows.api.networking.IngressTls;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.Step.Severity;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What has come of the Certificates that a parent wants: the hosts that have one, those that must
 * wait, and the parent's condition about them. The condition tells of the worst of them, not of the
 * last that was looked at (ADR 0095).
 */
public final class Provision {
  /** The parent's condition. */
  public static final String CERTIFICATE_PROVISIONED = "CertificateProvisioned";

  /** Reason where nothing is to be encrypted. */
  public static final String TLS_NOT_ENABLED = "TLSNotEnabled";

  /** Annotation: who provides a Certificate. */
  public static final String CERTIFICATE_CLASS = "networking.knative.dev/certificate.class";

  private static final Set<String> DISABLED_BY =
      Set.of(
          "networking.knative.dev/disable-external-domain-tls",
          "networking.knative.dev/disable-auto-tls",
          "networking.knative.dev/disableAutoTLS");

  private final HasMetadata parent;
  private final Map<String, Certificate> present;
  private final NetworkConfig network;
  private final List<Step> steps = new ArrayList<>();
  private final List<IngressTls> tls = new ArrayList<>();
  private final List<Http01Challenge> challenges = new ArrayList<>();
  private final Set<String> encrypted = new HashSet<>();
  private final List<State> states = new ArrayList<>();

  /** How it stands with one Certificate, the worst first. */
  private sealed interface State {
    record NotOwned(String name) implements State {}

    record Failed(String name, String message) implements State {}

    record NotReady(String name) implements State {}

    record Downgraded(String name) implements State {}

    record Ready() implements State {}
  }

  private Provision(HasMetadata parent, Collection<Certificate> present, NetworkConfig network) {
    this.parent = parent;
    this.network = network;
    this.present = new LinkedHashMap<>();
    present.forEach(each -> this.present.put(each.getMetadata().getName(), each));
  }

  /**
   * Compares what is wanted with what there is.
   *
   * @param parent who wants them, and owns them
   * @param wanted in the order of their hosts
   * @param present every Certificate of the parent's namespace
   */
  public static Provision of(
      HasMetadata parent,
      List<HostCertificate> wanted,
      Collection<Certificate> present,
      NetworkConfig network) {
    Provision provision = new Provision(parent, present, network);
    wanted.forEach(provision::bring);
    return provision;
  }

  /** Whether public hosts of this parent are to have certificates. */
  public static boolean isExternalTlsWanted(HasMetadata parent, NetworkConfig network) {
    return network.externalDomainTls()
        && DISABLED_BY.stream()
            .map(Children.annotations(parent)::get)
            .filter(Objects::nonNull)
            .noneMatch(Boolean::parseBoolean);
  }

  private void bring(HostCertificate wanted) {
    Optional<Certificate> wildcard =
        present.values().stream().filter(each -> Wildcards.covers(each, wanted.host())).findFirst();
    if (wildcard.isPresent()) {
      judge(wanted, wildcard.get());
      return;
    }
    Certificate made = certificate(wanted);
    Certificate found = present.get(wanted.name());
    if (found == null) {
      steps.add(new Step.Create(made));
      steps.add(
          new Step.Announce(
              parent,
              Severity.NORMAL,
              "Created",
              "Created Certificate %s/%s"
                  .formatted(parent.getMetadata().getNamespace(), wanted.name())));
      judge(wanted, made);
    } else if (!Children.isControlledBy(found, parent)) {
      states.add(new State.NotOwned(wanted.name()));
    } else {
      Certificate changed = new Certificate();
      changed.setMetadata(
          new ObjectMetaBuilder(found.getMetadata())
              .withLabels(with(found.getMetadata().getLabels(), made.getMetadata().getLabels()))
              .withAnnotations(
                  with(found.getMetadata().getAnnotations(), made.getMetadata().getAnnotations()))
              .build());
      changed.setSpec(made.getSpec());
      changed.setStatus(found.getStatus());
      Optional<Step> patch = Step.patch(found, changed);
      patch.ifPresent(steps::add);
      judge(wanted, found);
    }
  }

  /** Who provides the certificate may write its own notes there. */
  private static Map<String, String> with(
      @Nullable Map<String, String> found, @Nullable Map<String, String> made) {
    Map<String, String> result = new LinkedHashMap<>(Children.orEmpty(found));
    result.putAll(Children.orEmpty(made));
    return result;
  }

  private Certificate certificate(HostCertificate wanted) {
    Map<String, String> labels = new LinkedHashMap<>(wanted.labels());
    labels.put(HostCertificate.TYPE, wanted.type().wireName());
    Certificate certificate = new Certificate();
    certificate.setMetadata(
        Children.metadata(parent, wanted.name(), labels, annotations(parent, network)));
    certificate.setSpec(
        new CertificateSpec(wanted.dnsNames(), wanted.domain().orElse(null), wanted.name()));
    return certificate;
  }

  /** Those of the parent, and who is to provide the certificate if they do not say. */
  static Map<String, String> annotations(HasMetadata parent, NetworkConfig network) {
    Map<String, String> own =
        Children.without(Children.annotations(parent), Set.of(WellKnown.LAST_APPLIED));
    Map<String, String> result = new LinkedHashMap<>();
    String dashed = own.remove("networking.knative.dev/certificate-class");
    result.put(CERTIFICATE_CLASS, dashed == null ? network.certificateClass() : dashed);
    result.putAll(own);
    return result;
  }

  private void judge(HostCertificate wanted, Certificate certificate) {
    String name = certificate.getMetadata().getName();
    CertificateStatus status = certificate.getStatus();
    boolean observed =
        status != null
            && Objects.equals(
                status.observedGeneration(), certificate.getMetadata().getGeneration());
    if (observed && status.isTrue(ConditionSet.READY)) {
      states.add(new State.Ready());
      encrypted.add(wanted.host());
      tls.add(
          new IngressTls(
              wanted.dnsNames(),
              certificate.getSpec().secretName(),
              certificate.getMetadata().getNamespace()));
      return;
    }
    if (status != null) {
      challenges.addAll(status.http01Challenges());
    }
    if (wanted.type() == HostCertificate.Type.EXTERNAL_DOMAIN) {
      if (network.httpProtocol() == HttpProtocol.ENABLED) {
        states.add(new State.Downgraded(name));
        return;
      }
      encrypted.add(wanted.host());
    }
    states.add(
        observed && status.isFalse(ConditionSet.READY)
            ? new State.Failed(
                name,
                status
                    .condition(ConditionSet.READY)
                    .map(dev.bellows.api.Condition::read)
                    .map(dev.bellows.core.condition.Condition::message)
                    .orElse(""))
            : new State.NotReady(name));
  }

  /** The writes that bring the Certificates where they should be. */
  public List<Step> steps() {
    return List.copyOf(steps);
  }

  /** What the KIngress serves with: the certificates that are there. */
  public List<IngressTls> tls() {
    return List.copyOf(tls);
  }

  /** What has to be answered in plain HTTP for the others to come. */
  public List<Http01Challenge> challenges() {
    return List.copyOf(challenges);
  }

  /** Whether a host's URL begins with {@code https}. */
  public boolean isEncrypted(String host) {
    return encrypted.contains(host);
  }

  /** Why no further write makes sense: somebody else's Certificate has a name that we need. */
  public Optional<String> refusal() {
    return states.stream()
        .filter(State.NotOwned.class::isInstance)
        .map(State.NotOwned.class::cast)
        .map(state ->
            "There is an existing Certificate \"%s\" that we do not own.".formatted(state.name()))
        .findFirst();
  }

  /** The parent's conditions with that about certificates; unchanged if none is wanted. */
  public Conditions mark(Conditions conditions, Instant now) {
    return states.stream()
        .min(Comparator.comparingInt(Provision::badness))
        .map(worst -> mark(conditions, worst, now))
        .orElse(conditions);
  }

  private static int badness(State state) {
    return switch (state) {
      case State.NotOwned _ -> 0;
      case State.Failed _ -> 1;
      case State.NotReady _ -> 2;
      case State.Downgraded _ -> 3;
      case State.Ready _ -> 4;
    };
  }

  private Conditions mark(Conditions conditions, State state, Instant now) {
    return switch (state) {
      case State.NotOwned _ ->
          conditions.markFalse(
              CERTIFICATE_PROVISIONED, "CertificateNotOwned", refusal().orElseThrow(), now);
      case State.Failed(String name, String message) ->
          conditions.markFalse(
              CERTIFICATE_PROVISIONED,
              "CertificateProvisionFailed",
              message.isEmpty()
                  ? "Certificate %s fails to be provisioned.".formatted(name)
                  : "Certificate %s fails to be provisioned: %s".formatted(name, message),
              now);
      case State.NotReady(String name) ->
          conditions.markUnknown(
              CERTIFICATE_PROVISIONED,
              "CertificateNotReady",
              "Certificate %s is not ready.".formatted(name),
              now);
      case State.Downgraded(String name) ->
          conditions.markTrue(
              CERTIFICATE_PROVISIONED,
              "HTTPDowngrade",
              "Certificate %s is not ready; the host answers in plain HTTP until it is."
                  .formatted(name),
              now);
      case State.Ready() -> conditions.markTrue(CERTIFICATE_PROVISIONED, now);
    };
  }
}
