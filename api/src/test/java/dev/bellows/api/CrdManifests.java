package dev.bellows.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.MetricSpec;
import dev.bellows.api.autoscaling.MetricStatus;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.autoscaling.PodAutoscalerSpec;
import dev.bellows.api.autoscaling.PodAutoscalerStatus;
import dev.bellows.api.caching.Image;
import dev.bellows.api.caching.ImageSpec;
import dev.bellows.api.caching.ImageStatus;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.CertificateSpec;
import dev.bellows.api.networking.CertificateStatus;
import dev.bellows.api.networking.ClusterDomainClaim;
import dev.bellows.api.networking.ClusterDomainClaimSpec;
import dev.bellows.api.networking.IngressSpec;
import dev.bellows.api.networking.IngressStatus;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.networking.ServerlessServiceSpec;
import dev.bellows.api.networking.ServerlessServiceStatus;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.ConfigurationSpec;
import dev.bellows.api.serving.ConfigurationStatus;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.DomainMappingSpec;
import dev.bellows.api.serving.DomainMappingStatus;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.RevisionSpec;
import dev.bellows.api.serving.RevisionStatus;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.RouteSpec;
import dev.bellows.api.serving.RouteStatus;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.ServiceSpec;
import dev.bellows.api.serving.ServiceStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Makes the CustomResourceDefinitions of all Knative kinds from their types (serving spec §1). */
final class CrdManifests {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final String ADDRESSABLE = "duck.knative.dev/addressable";
  private static final String PODSPECABLE = "duck.knative.dev/podspecable";

  private static final Column READY =
      new Column("Ready", "string", ".status.conditions[?(@.type=='Ready')].status");
  private static final Column REASON =
      new Column("Reason", "string", ".status.conditions[?(@.type=='Ready')].reason");
  private static final Column URL = new Column("URL", "string", ".status.url");
  private static final Column LATEST_CREATED =
      new Column("LatestCreated", "string", ".status.latestCreatedRevisionName");
  private static final Column LATEST_READY =
      new Column("LatestReady", "string", ".status.latestReadyRevisionName");

  private static final List<Definition> KINDS =
      List.of(
          new Definition(
              Service.class,
              ServiceSpec.class,
              Optional.of(ServiceStatus.class),
              "A service of yours that answers HTTP requests: what to run, and who gets which share"
                  + " of the requests. It makes a Configuration and a Route of the same name.",
              List.of(ADDRESSABLE, PODSPECABLE),
              List.of(URL, LATEST_CREATED, LATEST_READY, READY, REASON)),
          new Definition(
              Configuration.class,
              ConfigurationSpec.class,
              Optional.of(ConfigurationStatus.class),
              "The wanted state of a program. Each change of its template makes a new Revision.",
              List.of(PODSPECABLE),
              List.of(LATEST_CREATED, LATEST_READY, READY, REASON)),
          new Definition(
              Revision.class,
              RevisionSpec.class,
              Optional.of(RevisionStatus.class),
              "One unchangeable state of a program and its settings. It runs in as many pods as its"
                  + " requests need, and in none while there are no requests.",
              List.of(),
              List.of(
                  new Column(
                      "Config Name",
                      "string",
                      ".metadata.labels['serving\\.knative\\.dev/configuration']"),
                  new Column(
                      "Generation",
                      "string",
                      ".metadata.labels['serving\\.knative\\.dev/configurationGeneration']"),
                  READY,
                  REASON,
                  new Column("Actual Replicas", "integer", ".status.actualReplicas"),
                  new Column("Desired Replicas", "integer", ".status.desiredReplicas"))),
          new Definition(
              Route.class,
              RouteSpec.class,
              Optional.of(RouteStatus.class),
              "Host names, and the Revisions that answer for them in shares.",
              List.of(ADDRESSABLE),
              List.of(URL, READY, REASON)),
          new Definition(
              DomainMapping.class,
              DomainMappingSpec.class,
              Optional.of(DomainMappingStatus.class),
              "Leads a domain of your own, which is the object's name, to a Service or Route.",
              List.of(),
              List.of(URL, READY, REASON)),
          new Definition(
              KIngress.class,
              IngressSpec.class,
              Optional.of(IngressStatus.class),
              "What a networking layer has to program for one Route or DomainMapping. Made by the"
                  + " system.",
              List.of(),
              List.of(READY, REASON)),
          new Definition(
              ServerlessService.class,
              ServerlessServiceSpec.class,
              Optional.of(ServerlessServiceStatus.class),
              "Decides whether the requests of a Revision pass the activator. Made by the system.",
              List.of(),
              List.of(
                  new Column("Mode", "string", ".spec.mode"),
                  new Column("Activators", "integer", ".spec.numActivators"),
                  new Column("ServiceName", "string", ".status.serviceName"),
                  new Column("PrivateServiceName", "string", ".status.privateServiceName"),
                  READY,
                  REASON)),
          new Definition(
              Certificate.class,
              CertificateSpec.class,
              Optional.of(CertificateStatus.class),
              "A TLS certificate that a certificate authority is to provide. Made by the system.",
              List.of(),
              List.of(READY, REASON)),
          new Definition(
              ClusterDomainClaim.class,
              ClusterDomainClaimSpec.class,
              Optional.empty(),
              "Gives a domain, which is the object's name, to one namespace.",
              List.of(),
              List.of()),
          new Definition(
              PodAutoscaler.class,
              PodAutoscalerSpec.class,
              Optional.of(PodAutoscalerStatus.class),
              "How a Revision is scaled: its settings are the annotations. Made by the system.",
              List.of(),
              List.of(
                  new Column("DesiredScale", "integer", ".status.desiredScale"),
                  new Column("ActualScale", "integer", ".status.actualScale"),
                  READY,
                  REASON)),
          new Definition(
              Metric.class,
              MetricSpec.class,
              Optional.of(MetricStatus.class),
              "Which pods the autoscaler measures. Made by the system.",
              List.of(),
              List.of(READY, REASON)),
          new Definition(
              Image.class,
              ImageSpec.class,
              Optional.of(ImageStatus.class),
              "An image that an image cache may pull early. Made by the system.",
              List.of(),
              List.of(new Column("Image", "string", ".spec.image"))));

  private CrdManifests() {}

  static List<ObjectNode> all() {
    Schemas schemas = new Schemas();
    return KINDS.stream().map(kind -> kind.manifest(schemas)).toList();
  }

  private record Column(String name, String type, String jsonPath) {
    ObjectNode manifest() {
      return JSON.objectNode().put("name", name).put("type", type).put("jsonPath", jsonPath);
    }
  }

  private record Definition(
      Class<? extends CustomResource<?, ?>> kind,
      Class<?> spec,
      Optional<Class<?>> status,
      String description,
      List<String> ducks,
      List<Column> columns) {

    ObjectNode manifest(Schemas schemas) {
      ObjectNode crd = JSON.objectNode();
      crd.put("apiVersion", "apiextensions.k8s.io/v1").put("kind", "CustomResourceDefinition");
      ObjectNode metadata = crd.putObject("metadata");
      metadata.put("name", CustomResource.getCRDName(kind));
      ObjectNode labels = metadata.putObject("labels");
      labels.put("app.kubernetes.io/name", "knative-serving");
      labels.put("knative.dev/crd-install", "true");
      ducks.forEach(duck -> labels.put(duck, "true"));
      ObjectNode definition = crd.putObject("spec");
      definition.put("group", HasMetadata.getGroup(kind));
      definition.set("names", names());
      definition.put("scope", Namespaced.class.isAssignableFrom(kind) ? "Namespaced" : "Cluster");
      definition.putArray("versions").add(version(schemas));
      return crd;
    }

    private ObjectNode names() {
      ObjectNode names = JSON.objectNode();
      String name = HasMetadata.getKind(kind);
      names.put("kind", name).put("listKind", name + "List");
      names.put("plural", HasMetadata.getPlural(kind));
      names.put("singular", name.toLowerCase(Locale.ROOT));
      ArrayNode categories = names.putArray("categories");
      categories().forEach(categories::add);
      String[] shorts = CustomResource.getShortNames(kind);
      if (shorts.length > 0) {
        ArrayNode shortNames = names.putArray("shortNames");
        for (String each : shorts) {
          shortNames.add(each);
        }
      }
      return names;
    }

    private List<String> categories() {
      String group = HasMetadata.getGroup(kind);
      String room = group.substring(0, group.indexOf('.'));
      return room.equals("serving")
          ? List.of("all", "knative", room)
          : List.of("knative-internal", room);
    }

    private ObjectNode version(Schemas schemas) {
      ObjectNode version = JSON.objectNode();
      version.put("name", HasMetadata.getVersion(kind));
      version.put("served", true).put("storage", true);
      version.putObject("subresources").putObject("status");
      if (!columns.isEmpty()) {
        ArrayNode printed = version.putArray("additionalPrinterColumns");
        columns.forEach(column -> printed.add(column.manifest()));
      }
      ObjectNode schema = version.putObject("schema").putObject("openAPIV3Schema");
      schema.put("type", "object").put("description", description);
      ObjectNode properties = schema.putObject("properties");
      properties.set("apiVersion", text("Group and version of this kind."));
      properties.set("kind", text("The kind."));
      properties.putObject("metadata").put("type", "object");
      properties.set("spec", schemas.of(spec).put("description", "What is wanted."));
      status.ifPresent(type ->
          properties.set(
              "status",
              schemas.of(type).put("description", "What is there; written by the system.")));
      return version;
    }

    private static ObjectNode text(String description) {
      return JSON.objectNode().put("type", "string").put("description", description);
    }
  }
}
