package dev.bellows.embedded.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Forms that texts may have, and what is wrong with a text that has another. */
final class FormatFunctions {
  static final CelType TYPE = OpaqueType.create("kubernetes.NamedFormat");

  private FormatFunctions() {}

  static Functions make() {
    Functions functions =
        new Functions()
            .global(
                "format.named",
                OptionalType.create(TYPE),
                List.of(SimpleType.STRING),
                a -> named((String) a[0]))
            .member(
                "validate",
                OptionalType.create(Functions.LIST_OF_TEXTS),
                List.of(TYPE, SimpleType.STRING),
                a -> validate((NamedFormat) a[0], (String) a[1]));
    for (NamedFormat each : NamedFormat.values()) {
      functions.global("format." + each.shown(), TYPE, List.of(), a -> each);
    }
    return functions;
  }

  private static Optional<NamedFormat> named(String name) {
    return Arrays.stream(NamedFormat.values())
        .filter(each -> each.shown().equals(name))
        .findFirst();
  }

  private static Optional<List<String>> validate(NamedFormat format, String text) {
    return Optional.of(format.wrong(text)).filter(wrong -> !wrong.isEmpty());
  }
}
