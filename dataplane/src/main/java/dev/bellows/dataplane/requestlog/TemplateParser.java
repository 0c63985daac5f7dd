package dev.bellows.dataplane.requestlog;

import dev.bellows.dataplane.requestlog.Template.Expression;
import dev.bellows.dataplane.requestlog.Template.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads templates: cuts the text into actions, and an action into its words. */
final class TemplateParser {
  /** Deeper nesting than a person writes. */
  private static final int MAX_DEPTH = 50;

  private static final Pattern WORD =
      Pattern.compile(
          "\\s+|(?<string>\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`)|(?<number>[-+]?\\d+(?:\\.\\d+)?)"
              + "|(?<field>\\$?(?:\\.\\w+)+|\\.|\\$)|(?<name>[A-Za-z_]\\w*)|(?<mark>[()|])");

  private final String text;
  private int position;
  private List<String> words = List.of();
  private int word;
  private int depth;

  private TemplateParser(String text) {
    this.text = text;
  }

  static List<Node> parse(String text) {
    TemplateParser parser = new TemplateParser(text);
    List<Node> nodes = new ArrayList<>();
    String end = parser.body(nodes);
    if (!end.isEmpty()) {
      throw new TemplateException("unexpected {{" + end + "}}");
    }
    return nodes;
  }

  /** Reads up to the end, or the {@code else} or {@code end} that it returns. */
  private String body(List<Node> nodes) {
    if (++depth > MAX_DEPTH) {
      throw new TemplateException("nested more than " + MAX_DEPTH + " deep");
    }
    boolean trimLeft = false;
    try {
      while (position < text.length()) {
        int open = text.indexOf("{{", position);
        String literal = text.substring(position, open < 0 ? text.length() : open);
        if (trimmedBefore) {
          literal = literal.stripLeading();
        }
        trimmedBefore = false;
        if (open >= 0 && text.startsWith("{{- ", open)) {
          literal = literal.stripTrailing();
          trimLeft = true;
        }
        if (!literal.isEmpty()) {
          nodes.add(new Node.Text(literal));
        }
        if (open < 0) {
          position = text.length();
          return "";
        }
        String action = action(open + (trimLeft ? 3 : 2));
        trimLeft = false;
        if (action.startsWith("/*") && action.endsWith("*/")) {
          continue;
        }
        if (action.equals("end") || action.equals("else") || action.startsWith("else ")) {
          return action;
        }
        nodes.add(node(action));
      }
      return "";
    } finally {
      depth--;
    }
  }

  private boolean trimmedBefore;

  private String action(int from) {
    int close = text.indexOf("}}", from);
    // The marks may stand in a text of their own.
    while (close >= 0 && oddQuotes(text.substring(from, close))) {
      close = text.indexOf("}}", close + 1);
    }
    if (close < 0) {
      throw new TemplateException("unclosed action");
    }
    position = close + 2;
    String action = text.substring(from, close);
    if (action.endsWith(" -")) {
      trimmedBefore = true;
      action = action.substring(0, action.length() - 2);
    }
    return action.strip();
  }

  private static boolean oddQuotes(String part) {
    return part.replace("\\\"", "").chars().filter(each -> each == '"').count() % 2 == 1
        || part.chars().filter(each -> each == '`').count() % 2 == 1;
  }

  private Node node(String action) {
    int space = action.indexOf(' ');
    String keyword = space < 0 ? action : action.substring(0, space);
    return switch (keyword) {
      case "if", "with" -> choice(keyword, action.substring(keyword.length()));
      case "range" -> {
        Expression pipeline = pipeline(action.substring(keyword.length()));
        List<Node> body = new ArrayList<>();
        List<Node> otherwise = new ArrayList<>();
        if (body(body).equals("else")) {
          expectEnd(body(otherwise));
        }
        yield new Node.Each(pipeline, body, otherwise);
      }
      default -> new Node.Print(pipeline(action));
    };
  }

  private Node choice(String keyword, String condition) {
    Expression pipeline = pipeline(condition);
    List<Node> then = new ArrayList<>();
    List<Node> otherwise = new ArrayList<>();
    String end = body(then);
    if (end.startsWith("else " + keyword)) {
      otherwise.add(choice(keyword, end.substring("else ".length() + keyword.length())));
    } else if (end.equals("else")) {
      expectEnd(body(otherwise));
    } else {
      expectEnd(end);
    }
    return new Node.Choice(pipeline, keyword.equals("with"), then, otherwise);
  }

  private static void expectEnd(String end) {
    if (!end.equals("end")) {
      throw new TemplateException(end.isEmpty() ? "unexpected EOF" : "unexpected {{" + end + "}}");
    }
  }

  private Expression pipeline(String action) {
    words = words(action);
    word = 0;
    Expression pipeline = pipeline();
    if (word < words.size()) {
      throw new TemplateException("unexpected \"" + words.get(word) + "\" in " + action.strip());
    }
    return pipeline;
  }

  private static List<String> words(String action) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(action);
    int at = 0;
    while (at < action.length()) {
      matcher.region(at, action.length());
      if (!matcher.lookingAt()) {
        throw new TemplateException("unexpected \"" + action.charAt(at) + "\" in " + action);
      }
      if (!matcher.group().isBlank()) {
        words.add(matcher.group());
      }
      at = matcher.end();
    }
    return words;
  }

  private Expression pipeline() {
    Expression value = command();
    while (word < words.size() && words.get(word).equals("|")) {
      word++;
      value = new Expression.Pipe(value, command());
    }
    return value;
  }

  private Expression command() {
    Expression first = operand();
    List<Expression> arguments = new ArrayList<>();
    while (word < words.size() && !words.get(word).equals("|") && !words.get(word).equals(")")) {
      arguments.add(operand());
    }
    return arguments.isEmpty() ? first : new Expression.Call(first, arguments);
  }

  private Expression operand() {
    if (word == words.size()) {
      throw new TemplateException("missing value for command");
    }
    String next = words.get(word++);
    char first = next.charAt(0);
    if (next.equals("(")) {
      if (++depth > MAX_DEPTH) {
        throw new TemplateException("nested more than " + MAX_DEPTH + " deep");
      }
      Expression inner = pipeline();
      if (word == words.size() || !words.get(word++).equals(")")) {
        throw new TemplateException("unclosed left paren");
      }
      depth--;
      boolean member = word < words.size() && words.get(word).matches("(\\.\\w+)+");
      return member ? new Expression.Member(inner, names(words.get(word++))) : inner;
    }
    if (first == '.' || first == '$') {
      return new Expression.Field(first == '$', names(next));
    }
    if (first == '"' || first == '`') {
      String inner = next.substring(1, next.length() - 1);
      return new Expression.Literal(first == '`' ? inner : inner.translateEscapes());
    }
    if (Character.isDigit(first) || first == '-' || first == '+') {
      return new Expression.Literal(
          next.contains(".") ? (Object) Double.valueOf(next) : (Object) Long.valueOf(next));
    }
    if (next.equals("true") || next.equals("false")) {
      return new Expression.Literal(next.equals("true"));
    }
    if (Functions.exist(next)) {
      return new Expression.Function(next);
    }
    throw new TemplateException("function \"" + next + "\" not defined");
  }

  private static List<String> names(String field) {
    List<String> names = new ArrayList<>();
    for (String name : field.split("\\.", -1)) {
      if (!name.isEmpty() && !name.equals("$")) {
        names.add(name);
      }
    }
    return names;
  }
}
