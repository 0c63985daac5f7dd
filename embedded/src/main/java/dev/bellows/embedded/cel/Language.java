package dev.bellows.embedded.cel;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelSource;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelComprehensionsExtensions;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelOptionalLibrary;
import dev.cel.extensions.CelSetsExtensions;
import dev.cel.extensions.CelStringExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.validator.CelValidator;
import dev.cel.validator.CelValidatorFactory;
import dev.cel.validator.validators.HomogeneousLiteralValidator;
import dev.cel.validator.validators.RegexLiteralValidator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** What expressions at one place may mention: variables with their types, and all functions. */
public final class Language {
  /** Of one expression, in characters. */
  public static final int MAX_LENGTH = 100_000;

  /** How deep an expression nests. */
  private static final int MAX_DEPTH = 250;

  /** Parts of one expression. */
  private static final int MAX_NODES = 100_000;

  /** A regular expression's program, in instructions. */
  private static final int MAX_PATTERN = 100_000;

  static final CelOptions OPTIONS =
      CelOptions.current()
          .enableOptionalSyntax(true)
          .enableHeterogeneousNumericComparisons(true)
          .enableReservedIds(true)
          .maxExpressionCodePointSize(MAX_LENGTH)
          .maxParseRecursionDepth(MAX_DEPTH)
          .maxParseExpressionNodeCount(MAX_NODES)
          .maxRegexProgramSize(MAX_PATTERN)
          .comprehensionMaxIterations((int) CostBudget.MAX_OF_ONE)
          .build();

  private static final CelOptionalLibrary OPTIONAL = CelExtensions.optional();
  private static final CelSetsExtensions SETS = CelExtensions.sets(OPTIONS);
  private static final CelComprehensionsExtensions COMPREHENSIONS = CelExtensions.comprehensions();

  /** Those whose results are not much larger than what they are given. */
  private static final CelStringExtensions STRINGS =
      CelExtensions.strings(
          CelStringExtensions.Function.CHAR_AT,
          CelStringExtensions.Function.INDEX_OF,
          CelStringExtensions.Function.LAST_INDEX_OF,
          CelStringExtensions.Function.LOWER_ASCII,
          CelStringExtensions.Function.QUOTE,
          CelStringExtensions.Function.SPLIT,
          CelStringExtensions.Function.SUBSTRING,
          CelStringExtensions.Function.TRIM,
          CelStringExtensions.Function.UPPER_ASCII);

  private static final CelRuntime RUNTIME = runtime();

  private final CelCompiler compiler;
  private final CelValidator validator;

  private Language(CelCompiler compiler) {
    this.compiler = compiler;
    this.validator =
        CelValidatorFactory.standardCelValidatorBuilder(compiler, RUNTIME)
            .addAstValidators(
                HomogeneousLiteralValidator.newInstance("format"), RegexLiteralValidator.INSTANCE)
            .build();
  }

  private static CelRuntime runtime() {
    CelRuntimeBuilder builder =
        CelRuntimeFactory.plannerRuntimeBuilder()
            .setOptions(OPTIONS)
            .setStandardFunctions(Sameness.others())
            .addLibraries(OPTIONAL, SETS, COMPREHENSIONS, STRINGS);
    builder.addFunctionBindings(Sameness.bindings());
    builder.addFunctionBindings(Functions.all().bindings());
    return builder.build();
  }

  private static Language of(Map<String, CelType> variables, Map<String, CelType> structs) {
    CelCompilerBuilder builder =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .setTypeProvider(new Structs(ImmutableMap.copyOf(structs)))
            .addLibraries(OPTIONAL, SETS, COMPREHENSIONS, STRINGS);
    builder.addFunctionDeclarations(Functions.all().declarations());
    variables.forEach(builder::addVar);
    return new Language(builder.build());
  }

  /**
   * Of rules about a value, {@code self}, and what it was, {@code oldSelf}.
   *
   * @param optionalOld whether there may be no {@code oldSelf}, so that a rule has to ask
   */
  public static Language ofRules(SchemaType self, boolean optionalOld) {
    Map<String, CelType> structs = new HashMap<>();
    self.collect(structs);
    CelType old = optionalOld ? OptionalType.create(self.type()) : self.type();
    return of(Map.of("self", self.type(), "oldSelf", old), structs);
  }

  /** Of conditions about a request, whose objects may be of any kind. */
  public static Language ofConditions(SchemaType request) {
    Map<String, CelType> structs = new HashMap<>();
    request.collect(structs);
    return of(
        Map.of(
            "object", SimpleType.DYN,
            "oldObject", SimpleType.DYN,
            "namespaceObject", SimpleType.DYN,
            "request", request.type(),
            "authorizer", AuthorizerFunctions.TYPE,
            "authorizer.requestResource", AuthorizerFunctions.RESOURCE_CHECK),
        structs);
  }

  /** As {@code authorizer.requestResource} of such conditions: somebody and some objects. */
  public static Object resourceCheck(Authorizer who, Authorizer.Objects objects) {
    return new AuthorizerFunctions.ResourceCheck(who, objects);
  }

  /**
   * Compiles an expression.
   *
   * @throws CompilationException if it is none; the message shows where, as Kubernetes does
   */
  public Expression compile(String text) throws CompilationException {
    CelValidationResult parsed = compiler.parse(text);
    require(parsed, "Syntax error: ");
    CelValidationResult checked = compiler.check(ast(parsed));
    require(checked, "");
    CelAbstractSyntaxTree ast = ast(checked);
    require(validator.validate(ast), "");
    try {
      return new Expression(ast, RUNTIME.createProgram(ast));
    } catch (CelEvaluationException e) {
      throw new CompilationException("program instantiation failed: " + Failures.text(e, text));
    }
  }

  private static CelAbstractSyntaxTree ast(CelValidationResult result) {
    try {
      return result.getAst();
    } catch (CelValidationException e) {
      throw new IllegalStateException("of a result without errors", e);
    }
  }

  private static void require(CelValidationResult result, String prefix)
      throws CompilationException {
    if (!result.hasError()) {
      return;
    }
    List<CelIssue> issues = new ArrayList<>(result.getErrors());
    StringJoiner text = new StringJoiner("\n");
    for (CelIssue issue : issues) {
      text.add(show(issue, prefix, result.getSource()));
    }
    throw new CompilationException("compilation failed: " + text);
  }

  private static String show(CelIssue issue, String prefix, CelSource source) {
    CelIssue plain =
        CelIssue.formatError(
            issue.getExprId(), issue.getSourceLocation(), Failures.issue(issue, prefix));
    return plain.toDisplayString(source);
  }

  /** The structs of a schema, by their names. */
  private record Structs(ImmutableMap<String, CelType> byName) implements CelTypeProvider {
    @Override
    public ImmutableCollection<CelType> types() {
      return ImmutableList.copyOf(byName.values());
    }

    @Override
    public Optional<CelType> findType(String name) {
      return Optional.ofNullable(byName.get(name));
    }
  }
}
