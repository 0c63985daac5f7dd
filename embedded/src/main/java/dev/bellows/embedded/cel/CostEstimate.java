package dev.bellows.embedded.cel;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a rule costs at most, guessed from its text and from how large its schema lets values get.
 * The guesses are Kubernetes', since they decide which definitions it takes; where they were not
 * seen (functions that few use), a guess here is rather too low.
 */
final class CostEstimate {
  private static final long ENDLESS = CostBudget.ENDLESS;
  static final String ELEMENTS = "@items";
  static final String KEYS = "@keys";

  private static final double PER_CHARACTER = 0.1;
  private static final double PER_CHARACTER_OF_PATTERN = 0.25;

  /** What looking for any format's form costs, where a pattern costs by its length. */
  private static final long PATTERN_OF_FORMAT = 32;

  /** How large a format is that is called by its name. */
  private static final long FORMAT = 64;

  private static final long LIST = 10;
  private static final long MAP = 30;
  private static final long STRUCT = 40;

  /** What looks at a whole text, and makes one that is no longer. */
  private static final Set<String> REWRITERS =
      Set.of("lowerAscii", "upperAscii", "trim", "substring", "strings.quote");

  private static final Set<String> SCANNERS =
      Set.of(
          "charAt",
          "indexOf",
          "lastIndexOf",
          "quantity",
          "isQuantity",
          "url",
          "isURL",
          "ip",
          "isIP",
          "ip.isCanonical",
          "cidr",
          "isCIDR",
          "semver",
          "isSemver");

  private static final Set<String> OF_ORDER = Set.of("isSorted", "min", "max", "sum");

  private final CelAbstractSyntaxTree ast;
  private final JsonNode schema;
  private final Map<Long, Long> sizes = new HashMap<>();
  private final Map<String, List<String>> loops = new HashMap<>();

  private CostEstimate(CelAbstractSyntaxTree ast, JsonNode schema) {
    this.ast = ast;
    this.schema = schema;
  }

  /** Of one evaluation, where {@code self} and {@code oldSelf} are of a schema. */
  static long of(CelAbstractSyntaxTree ast, JsonNode schema) {
    return new CostEstimate(ast, schema).cost(ast.getExpr());
  }

  private static long share(long size, double factor) {
    return size == ENDLESS ? ENDLESS : (long) Math.ceil(size * factor);
  }

  private long cost(CelExpr e) {
    return switch (e.getKind()) {
      case NOT_SET, CONSTANT -> 0;
      case IDENT -> 1;
      case SELECT -> {
        CelExpr operand = e.select().operand();
        boolean counts = !e.select().testOnly() && kind(operand) != CelKind.DYN;
        yield CostBudget.plus(cost(operand), counts ? 1 : 0);
      }
      case LIST -> CostBudget.plus(LIST, all(e.list().elements()));
      case MAP -> {
        long sum = MAP;
        for (CelExpr.CelMap.Entry entry : e.map().entries()) {
          sum = CostBudget.plus(sum, CostBudget.plus(cost(entry.key()), cost(entry.value())));
        }
        yield sum;
      }
      case STRUCT -> STRUCT;
      case CALL -> call(e);
      case COMPREHENSION -> loop(e);
    };
  }

  private long all(List<CelExpr> parts) {
    long sum = 0;
    for (CelExpr part : parts) {
      sum = CostBudget.plus(sum, cost(part));
    }
    return sum;
  }

  private CelKind kind(CelExpr e) {
    return ast.getType(e.id()).orElse(SimpleType.DYN).kind();
  }

  private long loop(CelExpr e) {
    CelComprehension loop = e.comprehension();
    long around = CostBudget.plus(cost(loop.iterRange()), cost(loop.accuInit()));
    List<String> path = new ArrayList<>(path(loop.iterRange()).orElse(List.of()));
    boolean map = kind(loop.iterRange()) == CelKind.MAP;
    boolean two = !loop.iterVar2().isEmpty();
    List<String> first = with(path, map ? KEYS : ELEMENTS);
    loops.put(loop.iterVar(), first);
    if (two) {
      loops.put(loop.iterVar(), map ? first : List.of("@index"));
      loops.put(loop.iterVar2(), with(path, ELEMENTS));
    }
    long once = CostBudget.plus(cost(loop.loopCondition()), cost(loop.loopStep()));
    loops.remove(loop.iterVar());
    loops.remove(loop.iterVar2());
    long times = size(loop.iterRange());
    if (kind(e) == CelKind.LIST) {
      sizes.put(e.id(), times);
    }
    return CostBudget.plus(
        CostBudget.plus(around, cost(loop.result())), CostBudget.times(times, once));
  }

  private static List<String> with(List<String> path, String step) {
    List<String> longer = new ArrayList<>(path);
    longer.add(step);
    return longer;
  }

  /** Where in the variables a value comes from; empty if it is made here. */
  private Optional<List<String>> path(CelExpr e) {
    return switch (e.getKind()) {
      case IDENT -> {
        List<String> loop = loops.get(e.ident().name());
        yield Optional.of(loop == null ? List.of(e.ident().name()) : loop);
      }
      case SELECT ->
          Optional.of(with(path(e.select().operand()).orElse(List.of()), e.select().field()));
      case CALL ->
          e.call().function().equals("_[_]")
              ? Optional.of(with(path(e.call().args().getFirst()).orElse(List.of()), ELEMENTS))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private long size(CelExpr e) {
    Long known = sizes.get(e.id());
    if (known != null) {
      return known;
    }
    switch (e.getKind()) {
      case CONSTANT -> {
        if (e.constant().getKind() == CelConstant.Kind.STRING_VALUE) {
          String text = e.constant().stringValue();
          return text.codePointCount(0, text.length());
        }
        if (e.constant().getKind() == CelConstant.Kind.BYTES_VALUE) {
          return e.constant().bytesValue().size();
        }
      }
      case LIST -> {
        return e.list().elements().size();
      }
      case MAP -> {
        return e.map().entries().size();
      }
      default -> {} // as its type says
    }
    Optional<List<String>> path = path(e);
    if (path.isPresent()) {
      // What the path starts at counts as the value itself: Kubernetes looks at the rest alone.
      List<String> rest = path.get().subList(1, path.get().size());
      Optional<JsonNode> found = SchemaSizes.at(schema, rest);
      if (found.isPresent()) {
        return SchemaSizes.elements(found.get());
      }
    }
    return switch (kind(e)) {
      case OPAQUE -> sizeOfOpaque(e);
      case STRING, BYTES, LIST, MAP, DYN, ANY, STRUCT, TYPE_PARAM -> ENDLESS;
      default -> 1;
    };
  }

  private long sizeOfOpaque(CelExpr e) {
    CelType type = ast.getType(e.id()).orElse(SimpleType.DYN);
    if (type.equals(FormatFunctions.TYPE)) {
      boolean named = e.getKind() == CelExpr.ExprKind.Kind.CALL && e.call().args().isEmpty();
      return named && e.call().target().isEmpty() ? FORMAT : ENDLESS;
    }
    return type instanceof OptionalType ? ENDLESS : 1;
  }

  private long call(CelExpr e) {
    CelCall call = e.call();
    List<CelExpr> arguments = new ArrayList<>();
    call.target().ifPresent(arguments::add);
    arguments.addAll(call.args());
    if (call.function().equals("_?_:_")) {
      return CostBudget.plus(
          cost(arguments.get(0)), Math.max(cost(arguments.get(1)), cost(arguments.get(2))));
    }
    long given = all(arguments);
    return CostBudget.plus(given, own(e, call.function(), arguments));
  }

  /** Of a call by itself; notes how large its result is. */
  private long own(CelExpr e, String function, List<CelExpr> arguments) {
    if (arguments.isEmpty()) {
      return 1;
    }
    CelExpr first = arguments.getFirst();
    CelExpr last = arguments.getLast();
    return switch (function) {
      case "_&&_", "_||_" -> 0;
      case "_==_", "_!=_" ->
          function.equals("_!=_") && kind(first) == CelKind.OPAQUE
              ? ENDLESS // of these, Kubernetes knows but what it costs to find them the same
              : share(Math.min(size(first), size(last)), PER_CHARACTER);
      case "_<_", "_<=_", "_>_", "_>=_" ->
          kind(first) == CelKind.STRING || kind(first) == CelKind.BYTES
              ? share(Math.min(size(first), size(last)), PER_CHARACTER)
              : 1;
      case "_+_" -> sum(e, first, last);
      case "@in" -> kind(last) == CelKind.LIST ? size(last) : 1;
      case "startsWith", "endsWith" -> share(size(last), PER_CHARACTER);
      case "contains" ->
          CostBudget.times(share(size(first), PER_CHARACTER), share(size(last), PER_CHARACTER));
      case "matches", "find", "findAll" -> pattern(e, function, arguments);
      case "validate" -> CostBudget.times(share(size(last), PER_CHARACTER), PATTERN_OF_FORMAT);
      case "split" -> {
        sizes.put(e.id(), size(first));
        yield CostBudget.times(2, share(size(first), PER_CHARACTER));
      }
      case "replace" -> {
        long with = arguments.size() > 2 ? size(arguments.get(2)) : 1;
        sizes.put(e.id(), CostBudget.times(size(first), Math.max(1, with)));
        yield CostBudget.times(2, share(size(first), PER_CHARACTER));
      }
      case "join" -> {
        long text = CostBudget.times(size(first), elementOf(first));
        sizes.put(e.id(), text);
        yield share(text, PER_CHARACTER);
      }
      case "format" -> share(size(first), PER_CHARACTER);
      case "sets.contains", "sets.intersects", "sets.equivalent" ->
          CostBudget.times(size(first), size(last));
      default -> other(e, function, first);
    };
  }

  private long other(CelExpr e, String function, CelExpr first) {
    if (REWRITERS.contains(function)) {
      sizes.put(e.id(), size(first));
      return share(size(first), PER_CHARACTER);
    }
    boolean list = kind(first) == CelKind.LIST;
    if (list && (OF_ORDER.contains(function) || function.endsWith("ndexOf"))) {
      return CostBudget.times(size(first), Math.max(1, share(elementOf(first), PER_CHARACTER)));
    }
    return SCANNERS.contains(function) && !list ? share(size(first), PER_CHARACTER) : 1;
  }

  private long sum(CelExpr e, CelExpr first, CelExpr last) {
    return switch (kind(e)) {
      case LIST -> {
        sizes.put(e.id(), CostBudget.plus(size(first), size(last)));
        yield 1; // one is hung behind the other
      }
      case STRING, BYTES -> {
        long both = CostBudget.plus(size(first), size(last));
        sizes.put(e.id(), both);
        yield share(both, PER_CHARACTER);
      }
      default -> 1;
    };
  }

  private long pattern(CelExpr e, String function, List<CelExpr> arguments) {
    CelExpr text = arguments.get(0);
    long looked = share(CostBudget.plus(size(text), 1), PER_CHARACTER);
    if (!function.equals("matches")) {
      looked = share(size(text), PER_CHARACTER);
      sizes.put(e.id(), size(text));
    }
    return CostBudget.times(looked, share(size(arguments.get(1)), PER_CHARACTER_OF_PATTERN));
  }

  /** Of a list's elements, how large each is. */
  private long elementOf(CelExpr list) {
    Optional<List<String>> path = path(list);
    if (path.isPresent()) {
      List<String> to = with(path.get(), ELEMENTS);
      Optional<JsonNode> found = SchemaSizes.at(schema, to.subList(1, to.size()));
      if (found.isPresent()) {
        return SchemaSizes.elements(found.get());
      }
    }
    boolean texts =
        ast.getType(list.id()).orElse(SimpleType.DYN).parameters().stream()
            .anyMatch(type -> type.kind() == CelKind.STRING || type.kind() == CelKind.BYTES);
    return texts ? ENDLESS : 1;
  }
}
