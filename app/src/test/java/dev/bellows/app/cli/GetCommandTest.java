package dev.bellows.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class GetCommandTest {
  private static final String TABLE =
      """
      {"columnDefinitions": [
         {"name": "Name", "priority": 0}, {"name": "Ready", "priority": 0},
         {"name": "Node", "priority": 1}],
       "rows": [{"cells": ["hello", "1/1", "bellows"],
                 "object": {"metadata": {"namespace": "here"}}}]}
      """;

  private final JsonNode table;

  GetCommandTest() throws IOException {
    table = new ObjectMapper().readTree(TABLE);
  }

  @Test
  void showsTheServersColumnsThatMatter() {
    assertThat(GetCommand.rows(table, false, false, ""))
        .containsExactly(List.of("NAME", "READY"), List.of("hello", "1/1"));
    assertThat(GetCommand.rows(table, true, false, ""))
        .containsExactly(List.of("NAME", "READY", "NODE"), List.of("hello", "1/1", "bellows"));
  }

  @Test
  void namesNamespaceAndKindWhereThereAreSeveral() {
    assertThat(GetCommand.rows(table, false, true, "pod/"))
        .containsExactly(
            List.of("NAMESPACE", "NAME", "READY"), List.of("here", "pod/hello", "1/1"));
  }

  @Test
  void showsNothingOfAnEmptyTable() throws IOException {
    assertThat(GetCommand.rows(new ObjectMapper().readTree("{\"rows\": []}"), false, true, ""))
        .isEmpty();
  }
}
