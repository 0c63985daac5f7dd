package dev.bellows.app.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Text in columns, three spaces apart, as kubectl prints it. */
final class Columns {
  private Columns() {}

  /**
   * Further rows of a table that is printed already: in its columns, wider only where they must be.
   *
   * @param before the rows that are printed
   */
  static String continued(List<List<String>> before, List<List<String>> rows) {
    List<List<String>> all = new ArrayList<>(before);
    all.addAll(rows);
    return align(all).lines().skip(before.size()).collect(Collectors.joining("\n", "", "\n"));
  }

  /** One line a row; a column is as wide as its widest cell, the last one as its own text. */
  static String align(List<List<String>> rows) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(row.get(i)).repeat(" ", widths[i] - row.get(i).length() + 3);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
