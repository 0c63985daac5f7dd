package dev.bellows.dataplane.requestlog;

import java.util.List;

/**
 * A compiled template. Of Go's text/template there are: fields and methods, {@code $} and {@code
 * .}, literals, parentheses, pipelines, the functions of {@link Functions}, {@code if}/{@code else
 * if}/{@code else}, {@code with}, {@code range}, comments, and the trimming of spaces.
 */
final class Template {
  /** A piece of a template. */
  sealed interface Node {
    /** Literal text. */
    record Text(String text) implements Node {}

    /** What a pipeline gives. */
    record Print(Expression pipeline) implements Node {}

    /** One of two bodies; for a {@code with}, the value becomes the dot in the first. */
    record Choice(Expression pipeline, boolean with, List<Node> then, List<Node> otherwise)
        implements Node {}

    /** A body per element, or another one if there is none. */
    record Each(Expression pipeline, List<Node> body, List<Node> otherwise) implements Node {}
  }

  /** Something that has a value. */
  sealed interface Expression {
    /** A text, number or boolean. */
    record Literal(Object value) implements Expression {}

    /** {@code .a.b}, or with {@code root} {@code $.a.b}; empty = the dot itself. */
    record Field(boolean root, List<String> names) implements Expression {}

    /** A value with fields of it, such as {@code (f x).a}; the last may take arguments. */
    record Member(Expression of, List<String> names) implements Expression {}

    /** A function, or a field that is a method, with its arguments. */
    record Call(Expression callee, List<Expression> arguments) implements Expression {}

    /** The name of a function. */
    record Function(String name) implements Expression {}

    /** The value of the left is the last argument of the right. */
    record Pipe(Expression left, Expression right) implements Expression {}
  }

  private final List<Node> nodes;

  private Template(List<Node> nodes) {
    this.nodes = nodes;
  }

  /**
   * Compiles a template.
   *
   * @throws TemplateException saying what cannot be read
   */
  static Template parse(String text) {
    return new Template(TemplateParser.parse(text));
  }

  /**
   * Fills it in.
   *
   * @throws TemplateException if it asks for something that the data does not have
   */
  String render(Struct data) {
    StringBuilder text = new StringBuilder(256);
    render(nodes, data, data, text);
    return text.toString();
  }

  private static void render(List<Node> nodes, Struct root, Object dot, StringBuilder text) {
    for (Node node : nodes) {
      switch (node) {
        case Node.Text literal -> text.append(literal.text());
        case Node.Print print ->
            text.append(GoText.of(value(print.pipeline(), root, dot, List.of())));
        case Node.Choice choice -> {
          Object value = value(choice.pipeline(), root, dot, List.of());
          if (Functions.truth(value)) {
            render(choice.then(), root, choice.with() ? value : dot, text);
          } else {
            render(choice.otherwise(), root, dot, text);
          }
        }
        case Node.Each each -> {
          Object value = value(each.pipeline(), root, dot, List.of());
          if (!(value instanceof List<?> list)) {
            throw new TemplateException("range can't iterate over " + GoText.of(value));
          }
          if (list.isEmpty()) {
            render(each.otherwise(), root, dot, text);
          }
          for (Object element : list) {
            render(each.body(), root, element, text);
          }
        }
      }
    }
  }

  // arguments: of the call that this expression is the callee of
  private static Object value(
      Expression expression, Struct root, Object dot, List<Object> arguments) {
    return switch (expression) {
      case Expression.Literal literal -> literal.value();
      case Expression.Function function -> Functions.call(function.name(), arguments);
      case Expression.Field field -> member(field.root() ? root : dot, field.names(), arguments);
      case Expression.Member member ->
          member(value(member.of(), root, dot, List.of()), member.names(), arguments);
      case Expression.Call call -> {
        List<Object> all = new java.util.ArrayList<>();
        call.arguments().forEach(each -> all.add(value(each, root, dot, List.of())));
        all.addAll(arguments);
        yield value(call.callee(), root, dot, all);
      }
      case Expression.Pipe pipe ->
          value(pipe.right(), root, dot, List.of(value(pipe.left(), root, dot, List.of())));
    };
  }

  private static Object member(Object of, List<String> names, List<Object> arguments) {
    Object value = of;
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      if (!(value instanceof Struct struct)) {
        throw new TemplateException("can't evaluate field " + name + " in " + GoText.of(value));
      }
      value = struct.get(name, i == names.size() - 1 ? arguments : List.of());
    }
    return value;
  }
}
