package dev.bellows.embedded.cel;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.TypeParamType;
import dev.cel.common.values.CelByteString;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Functions that Kubernetes adds to the language (its documentation, "Common Expression Language in
 * Kubernetes"), declared to the compiler and to the runtime at once.
 */
final class Functions {
  static final CelType T = TypeParamType.create("T");
  static final CelType LIST_OF_T = ListType.create(T);
  static final CelType LIST_OF_TEXTS = ListType.create(SimpleType.STRING);

  /** Names that are the library's as well. */
  private static final Set<String> SHARED = Set.of("string", "indexOf", "lastIndexOf");

  private final Map<String, List<CelOverloadDecl>> overloads = new LinkedHashMap<>();
  private final Map<String, List<CelFunctionBinding>> bindings = new LinkedHashMap<>();

  /** Everything that there is. */
  static Functions all() {
    return All.FUNCTIONS;
  }

  /** Made when first asked for. */
  private static final class All {
    static final Functions FUNCTIONS =
        new Functions()
            .with(TextFunctions.make())
            .with(ListFunctions.make())
            .with(Url.functions())
            .with(Quantity.functions())
            .with(Address.functions())
            .with(Network.functions())
            .with(Version.functions())
            .with(FormatFunctions.make())
            .with(AuthorizerFunctions.make());
  }

  private Functions with(Functions other) {
    other.overloads.forEach(
        (name, list) -> overloads.computeIfAbsent(name, none -> new ArrayList<>()).addAll(list));
    other.bindings.forEach(
        (name, list) -> bindings.computeIfAbsent(name, none -> new ArrayList<>()).addAll(list));
    return this;
  }

  /** Adds {@code first.name(others)}. */
  Functions member(
      String name, CelType result, List<CelType> parameters, CelFunctionOverload body) {
    String id = id(name, parameters) + "_member";
    add(name, CelOverloadDecl.newMemberOverload(id, result, parameters), body);
    return this;
  }

  /** Adds {@code name(all)}. */
  Functions global(
      String name, CelType result, List<CelType> parameters, CelFunctionOverload body) {
    String id = id(name, parameters);
    add(name, CelOverloadDecl.newGlobalOverload(id, result, parameters), body);
    return this;
  }

  private static String id(String name, List<CelType> parameters) {
    StringBuilder id = new StringBuilder("kubernetes_").append(name.replace('.', '_'));
    for (CelType parameter : parameters) {
      id.append('_').append(parameter.name().replace('.', '_'));
      parameter.parameters().forEach(inner -> id.append('_').append(inner.name()));
    }
    return id.toString();
  }

  private void add(String name, CelOverloadDecl overload, CelFunctionOverload body) {
    List<Class<?>> classes = new ArrayList<>();
    overload.parameterTypes().forEach(type -> classes.add(classOf(type)));
    overloads.computeIfAbsent(name, none -> new ArrayList<>()).add(overload);
    bindings
        .computeIfAbsent(name, none -> new ArrayList<>())
        .add(CelFunctionBinding.from(overload.overloadId(), classes, body));
  }

  private static Class<?> classOf(CelType type) {
    return switch (type.kind()) {
      case STRING -> String.class;
      case INT -> Long.class;
      case DOUBLE -> Double.class;
      case BOOL -> Boolean.class;
      case BYTES -> CelByteString.class;
      case TIMESTAMP -> Instant.class;
      case DURATION -> Duration.class;
      case LIST -> List.class;
      case MAP -> Map.class;
      case OPAQUE -> Own.classOf((OpaqueType) type);
      default -> Object.class; // of any type
    };
  }

  /** The types that Kubernetes adds. */
  private static final class Own {
    static Class<?> classOf(OpaqueType type) {
      return switch (type.name()) {
        case "kubernetes.URL" -> Url.class;
        case "kubernetes.Quantity" -> Quantity.class;
        case "net.IP" -> Address.class;
        case "net.CIDR" -> Network.class;
        case "kubernetes.Semver" -> Version.class;
        case "kubernetes.NamedFormat" -> NamedFormat.class;
        default -> Object.class; // of an authorizer
      };
    }
  }

  List<CelFunctionDecl> declarations() {
    List<CelFunctionDecl> all = new ArrayList<>();
    overloads.forEach((name, list) -> all.add(CelFunctionDecl.newFunctionDeclaration(name, list)));
    return all;
  }

  List<CelFunctionBinding> bindings() {
    List<CelFunctionBinding> all = new ArrayList<>();
    bindings.forEach((name, list) -> {
      // What the library has, too, it finds by the types of what it is given.
      boolean shared = SHARED.contains(name);
      all.addAll(shared ? list : CelFunctionBinding.fromOverloads(name, list));
    });
    return all;
  }

  /** The failure of a function. */
  static CelEvaluationException failure(String message) {
    return new CelEvaluationException(message, new EvaluationException(message));
  }
}
