package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldOwnersTest {
  private static final String OWNERS =
      "'managedFields':[{'manager':'a]}\\'','fieldsV1':{'f:spec':{'k:{\\'name\\':\\'x\\'}':{}}}}]"
          .replace("\\'", "\\\"");

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "{'metadata':{'name':'a',OWNERS,'uid':'u'}}; {'metadata':{'name':'a','uid':'u'}}",
        "{'metadata':{OWNERS,'uid':'u'}}; {'metadata':{'uid':'u'}}",
        "{'metadata':{'name':'a',OWNERS}}; {'metadata':{'name':'a'}}",
        "{'metadata':{OWNERS}}; {'metadata':{}}",
        "{'items':[{'metadata':{OWNERS}},{'metadata':{'name':'b',OWNERS}}]};"
            + " {'items':[{'metadata':{}},{'metadata':{'name':'b'}}]}",
        "{'metadata':{'name':'a'}}; {'metadata':{'name':'a'}}",
        "{}; {}",
      })
  void takesThemOutWhereverTheyStand(String json, String expected) {
    assertThat(without(json.replace("OWNERS", OWNERS).replace('\'', '"')))
        .isEqualTo(expected.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "{'message':',\\\\'managedFields\\\\':[{\\\\'manager\\\\'}]'}",
        "{'metadata':{'managedFields':[]}}",
        "{'metadata':{'managedFields':[{'cut",
        "not JSON"
      })
  void leavesAloneWhatOnlyLooksLikeThem(String json) {
    String text = json.replace("\\\\'", "\\\"").replace('\'', '"');
    assertThat(without(text)).isEqualTo(text);
  }

  private static String without(String json) {
    return new String(
        FieldOwners.without(json.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
  }
}
