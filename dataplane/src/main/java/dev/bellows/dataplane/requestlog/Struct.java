package dev.bellows.dataplane.requestlog;

import java.util.List;

/**
 * Something with named fields and methods. Values are Structs, Strings, Longs, Doubles, Booleans,
 * Lists and Maps of Strings.
 */
@FunctionalInterface
interface Struct {
  /**
   * A field, or what a method returns.
   *
   * @param arguments of a method; empty for a field
   * @throws TemplateException if there is no such thing
   */
  Object get(String name, List<Object> arguments);

  static TemplateException unknown(String name, String type) {
    return new TemplateException("can't evaluate field " + name + " in type " + type);
  }
}
