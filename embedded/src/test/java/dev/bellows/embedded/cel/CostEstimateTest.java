package dev.bellows.embedded.cel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** By how much rules exceed what one may cost: as a kube-apiserver 1.34 said of each. */
class CostEstimateTest {
  private static final JsonNode SCHEMA =
      json(
          """
          {"type": "object", "properties": {
            "a": {"type": "integer"}, "s": {"type": "string"},
            "s10": {"type": "string", "maxLength": 10}, "n": {"type": "number"},
            "l": {"type": "array", "items": {"type": "integer"}},
            "l5": {"type": "array", "maxItems": 5, "items": {"type": "integer"}},
            "ls": {"type": "array", "items": {"type": "string"}},
            "l1000": {"type": "array", "maxItems": 1000, "items": {"type": "string"}},
            "m": {"type": "object", "additionalProperties": {"type": "string"}},
            "m10": {"type": "object", "maxProperties": 10,
              "additionalProperties": {"type": "string", "maxLength": 10}},
            "lo": {"type": "array", "items": {"type": "object", "required": ["k"],
              "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}}},
            "e": {"type": "string", "enum": ["aa", "bbb"]},
            "d": {"type": "string", "format": "date-time"},
            "io": {"x-kubernetes-int-or-string": true},
            "o": {"type": "object", "properties": {"p": {"type": "string"},
              "q": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}}}}}
          """);

  private static final Language LANGUAGE =
      Language.ofRules(SchemaType.of(SCHEMA).orElseThrow(), false);

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "ok | self.s == 'x'",
        "ok | self.s == self.s",
        "ok | self.s + self.s == self.s",
        "ok | self.s.startsWith('x')",
        "ok | self.s.startsWith(self.s)",
        "ok | self.s.contains('x')",
        "more than 100x | self.s.contains(self.s)",
        "ok | self.s.contains(self.s10)",
        "ok | self.s.matches('^a+$')",
        "more than 100x | self.s.matches(self.s)",
        "ok | self.s in ['a','b']",
        "ok | self.s in self.ls",
        "ok | self.s in self.l1000",
        "ok | self.l.all(x, x > 0)",
        "1.258291x | self.l.all(x, x > 0 && x < 100 && x != 50)",
        "ok | self.ls.all(x, x == 'a')",
        "ok | self.ls.all(x, x.startsWith('a'))",
        "more than 100x | self.ls.all(x, x.matches('^a$'))",
        "more than 100x | self.ls.all(x, x == self.s)",
        "31.5x | self.l1000.all(x, x.contains('a'))",
        "more than 100x | self.l1000.all(x, self.l1000.exists(y, x == y))",
        "more than 100x | self.l1000.all(x, self.l1000.filter(y, x == y).size() == 1)",
        "4.7x | self.l5.all(x, self.l.all(y, x < y))",
        "more than 100x | self.l.all(x, self.l.all(y, x < y))",
        "ok | self.l5.all(x, self.l5.all(y, self.l5.all(z, x < y)))",
        "ok | self.lo.all(x, x.v > 0)",
        "ok | self.lo.all(x, has(x.v) && x.v > 0)",
        "ok | self.lo.map(x, x.k).size() == 1",
        "ok | self.lo.map(x, x.v).sum() == 1",
        "ok | self.lo.filter(x, x.v > 1).all(y, y.v > 2)",
        "ok | self.lo.exists_one(x, x.k == 'a')",
        "ok | self.m.all(k, k.startsWith('a'))",
        "ok | self.m.all(k, self.m[k] == 'x')",
        "ok | self.m10.all(k, self.m10[k] == 'x')",
        "ok | self.m == self.m",
        "ok | self.lo == self.lo",
        "ok | self.l == self.l",
        "ok | self.l + self.l == self.l",
        "ok | self.l5 + self.l5 == self.l5",
        "ok | self.o == self.o",
        "more than 100x | self.o.q.all(x, x.all(y, y > 0))",
        "ok | self.e == 'aa'",
        "ok | self.e.contains(self.e)",
        "ok | self.d > timestamp('2020-01-01T00:00:00Z')",
        "ok | string(self.a) == 'x'",
        "more than 100x | 'a' + string(self.a) == 'b'",
        "more than 100x | self.s10 + string(self.a) == self.s10",
        "ok | self.s.size() == self.l.size()",
        "1.321205x | self.s.split(',').all(x, x == 'a')",
        "ok | self.s10.split(',').all(x, x == 'a')",
        "ok | self.s.lowerAscii() == 'a'",
        "ok | self.s.replace('a','b') == self.s",
        "ok | self.s10.replace('a','b').contains(self.s10)",
        "ok | self.l.isSorted()",
        "more than 100x | self.ls.isSorted()",
        "ok | self.l.sum() == 1",
        "more than 100x | self.ls.indexOf(self.s) == 1",
        "ok | self.s.find('a+') == 'a'",
        "ok | self.s.findAll('a+').size() == 1",
        "1.289748x | self.s.findAll('a+').all(x, x == 'a')",
        "ok | url(self.s).getHost() == 'x'",
        "ok | quantity(self.s).isLessThan(quantity('1'))",
        "ok | ip(self.s).family() == 4",
        "ok | quantity('1') == quantity('2') && semver('v1', true) == semver('1.0.0')",
        "more than 100x | quantity('1') != quantity('2')",
        "31.5x | self.l1000.all(x, isSemver(x, true))",
        "more than 100x | self.ls.all(x, semver(x).major() == 1)",
        "1.006634x | !format.named(self.s).value().validate(self.s).hasValue()",
        "more than 100x | self.l1000.all(x, !format.uuid().validate(x).hasValue())",
        "ok | self.l1000.all(x, !format.named(x).hasValue())",
        "ok | self.ls.all(x, format.named('uuid').hasValue())",
        "1.258290x | self.ls.all(x, format.uuid() == format.date())",
        "2.2x | self.ls.all(x, format.uuid() == format.date() && format.uri() == format.date())",
        "more than 100x | format.uri().validate(self.s).value().all(x, x == 'a')",
        "more than 100x | self.l1000.all(x, format.named(x) == format.named(x))",
        "more than 100x | self.l1000.all(x, format.uri().validate(x).value() == self.l1000)",
        "ok | cidr(self.s).containsIP('10.0.0.1')",
        "ok | type(self.io) == int ? self.io > 1 : self.io == 'x'",
        "more than 100x | self.ls.join(',') == 'x'",
        "62.9x | self.l1000.join(',').contains('a')",
        "ok | sets.contains(self.l, [1])",
        "more than 100x | sets.contains(self.ls, self.ls)",
        "ok | sets.intersects(self.l1000, self.l1000)",
        "ok | self.l.all(i, v, v > i)",
        "more than 100x | self.ls.transformList(i, v, v + 'x').size() == 1",
        "ok | self.?s.orValue('') == 'x'",
        "more than 100x | self.?s.orValue('').contains('x')",
        "ok | self.a > 1 ? self.s.contains('a') : self.s.contains('b')",
        "ok | [self.s, self.s].all(x, x == 'a')",
        "ok | {'a': self.s}.all(k, k == 'a')",
        "1.9x | self.ls.exists(x, x.size() > 3) && self.l.exists(x, x > 2) && self.lo.exists(x, x.v"
            + " > 2)",
        "ok | self.s.substring(1).contains('a')",
        "ok | self.s.trim().size() == 1",
        "ok | '%s'.format([self.s]).size() == 1",
        "31.5x | self.l1000.map(x, x + 'a').all(y, y.contains('b'))",
        "ok | duration('1h') > duration(self.s10)",
        "ok | self.s.charAt(0) == 'a' && self.s.indexOf('b') == 1",
        "ok | dyn(self.s) == 'x'",
        "ok | self.ls[0] == 'a' && self.m['a'] == 'b'",
        "more than 100x | self.ls[0].contains(self.m['a'])",
        "ok | self.lo[0].k.contains('x')",
        "ok | self.m.exists(k, k == 'a')  OR  self.l.size() > 5",
        "more than 100x | [1,2,3].all(x, self.ls.all(y, y.contains('a')))",
        "more than 100x | !self.ls.exists(x, x.matches('a')  OR  x.matches('b')  OR "
            + " x.matches('c'))"
      })
  void aRuleCostsWhatKubernetesGuesses(String factor, String rule) throws CompilationException {
    long cost = LANGUAGE.compile(rule.replace("  OR  ", " || ")).estimate(SCHEMA);
    assertThat(CostBudget.excess(cost, CostBudget.MAX_OF_ONE_GUESSED).orElse("ok"))
        .isEqualTo(factor);
  }
}
