package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a client asks for beside the object, in the query or in a {@code DeleteOptions} body: {@code
 * CreateOptions}, {@code UpdateOptions}, {@code PatchOptions}, {@code DeleteOptions} of {@code
 * meta.k8s.io}, under whose names faults are told.
 */
final class RequestOptions {
  private static final int MAX_MANAGER_LENGTH = 128;

  private RequestOptions() {}

  /**
   * The options of a write.
   *
   * @throws ApiException 422 naming every option that is wrong
   */
  static WriteOptions write(ApiRequest request) {
    List<Cause> causes = new ArrayList<>();
    String manager = request.parameter("fieldManager");
    boolean apply =
        Bodies.mediaType(request.header("content-type")).equals("application/apply-patch+yaml");
    boolean patch = request.method().equals("PATCH");
    if (patch && apply && manager.isEmpty()) {
      causes.add(Cause.required("fieldManager", "is required for apply patch"));
    }
    if (patch && !apply && !request.parameter("force").isEmpty()) {
      causes.add(Cause.forbidden("force", "may not be specified for non-apply patch"));
    }
    if (manager.length() > MAX_MANAGER_LENGTH) {
      causes.add(
          new Cause(
              "FieldValueTooLong",
              "fieldManager",
              "Too long: may not be more than " + MAX_MANAGER_LENGTH + " bytes"));
    }
    if (manager.chars().anyMatch(Character::isISOControl)) {
      causes.add(
          Cause.invalid("fieldManager", manager, "should contain only printable characters"));
    }
    String dryRun = dryRun(request.parameter("dryRun"), causes);
    WriteOptions.FieldValidation validation =
        fieldValidation(request.parameter("fieldValidation"), causes);
    refuse(kind(request), causes);
    List<String> duplicates =
        validation == WriteOptions.FieldValidation.IGNORE || !isJson(request)
            ? List.of()
            : DuplicateFields.find(request.body().bytes());
    return new WriteOptions(
        request.user(),
        manager.isEmpty() ? agent(request) : manager,
        validation,
        duplicates,
        !dryRun.isEmpty(),
        request.answer()::warn,
        WriteOptions.Approval.ALWAYS,
        new WriteOptions.Form(version(request.path())));
  }

  /** {@code /api/V/…} or {@code /apis/G/V/…}. */
  private static String version(String path) {
    String[] parts = path.split("/", 5);
    int at = parts.length > 1 && parts[1].equals("api") ? 2 : 3;
    return parts.length > at ? parts[at] : "";
  }

  /** As kube-apiserver: what the client calls itself, up to the first slash. */
  private static String agent(ApiRequest request) {
    String agent = request.header("user-agent");
    int slash = agent.indexOf('/');
    return slash > 0 ? agent.substring(0, slash) : agent.isEmpty() ? "unknown" : agent;
  }

  private static String kind(ApiRequest request) {
    return switch (request.method()) {
      case "POST" -> "CreateOptions";
      case "PATCH" -> "PatchOptions";
      case "DELETE" -> "DeleteOptions";
      default -> "UpdateOptions";
    };
  }

  private static String dryRun(String given, List<Cause> causes) {
    if (!given.isEmpty() && !given.equals("All")) {
      causes.add(
          new Cause(
              "FieldValueNotSupported",
              "dryRun",
              "Unsupported value: [\"" + given + "\"]: supported values: \"All\""));
    }
    return given;
  }

  private static WriteOptions.FieldValidation fieldValidation(String given, List<Cause> causes) {
    return switch (given) {
      case "", "Warn" -> WriteOptions.FieldValidation.WARN;
      case "Strict" -> WriteOptions.FieldValidation.STRICT;
      case "Ignore" -> WriteOptions.FieldValidation.IGNORE;
      default -> {
        causes.add(
            new Cause(
                "FieldValueNotSupported",
                "fieldValidation",
                "Unsupported value: \""
                    + given
                    + "\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""));
        yield WriteOptions.FieldValidation.WARN;
      }
    };
  }

  private static void refuse(String kind, List<Cause> causes) {
    if (!causes.isEmpty()) {
      throw ApiException.invalidOptions(kind, causes);
    }
  }

  /** Whether the body is an object's own text, in which a field may stand twice. */
  private static boolean isJson(ApiRequest request) {
    String type = Bodies.mediaType(request.header("content-type"));
    return type.isEmpty()
        || type.endsWith("/json")
        || type.endsWith("+json")
        || type.endsWith("yaml");
  }

  /**
   * How to delete, from the body or the query.
   *
   * @throws ApiException 422 naming every option that is wrong
   */
  static DeleteOptions delete(ApiRequest request) {
    ObjectNode body =
        request.body().isEmpty()
            ? Json.object()
            : Bodies.object(request.body().bytes(), request.header("content-type"));
    List<Cause> causes = new ArrayList<>();
    String policy = body.path("propagationPolicy").asText(request.parameter("propagationPolicy"));
    String orphan = body.path("orphanDependents").asText(request.parameter("orphanDependents"));
    if (!policy.isEmpty() && !orphan.isEmpty()) {
      causes.add(
          Cause.invalid(
              "propagationPolicy",
              policy,
              "orphanDependents and deletionPropagation cannot be both set"));
    }
    String dryRun = dryRun(body.path("dryRun").path(0).asText(request.parameter("dryRun")), causes);
    Optional<DeleteOptions.Propagation> propagation = propagation(policy, orphan, causes);
    refuse("DeleteOptions", causes);
    OptionalLong grace =
        body.hasNonNull("gracePeriodSeconds")
            ? OptionalLong.of(body.path("gracePeriodSeconds").asLong())
            : request.number("gracePeriodSeconds");
    JsonNode preconditions = body.path("preconditions");
    return new DeleteOptions(
        grace,
        propagation,
        given(preconditions, "uid"),
        given(preconditions, "resourceVersion"),
        !dryRun.isEmpty());
  }

  private static Optional<DeleteOptions.Propagation> propagation(
      String policy, String orphan, List<Cause> causes) {
    return switch (policy) {
      case "" ->
          switch (orphan) {
            case "true" -> Optional.of(DeleteOptions.Propagation.ORPHAN);
            case "false" -> Optional.of(DeleteOptions.Propagation.BACKGROUND);
            default -> Optional.empty();
          };
      case "Orphan", "Background", "Foreground" ->
          Optional.of(DeleteOptions.Propagation.valueOf(policy.toUpperCase(Locale.ROOT)));
      default -> {
        causes.add(
            new Cause(
                "FieldValueNotSupported",
                "propagationPolicy",
                "Unsupported value: \""
                    + policy
                    + "\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""));
        yield Optional.empty();
      }
    };
  }

  private static Optional<String> given(JsonNode node, String field) {
    return node.hasNonNull(field) ? Optional.of(node.path(field).asText()) : Optional.empty();
  }
}
