package dev.bellows.app.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class PlotTest {
  @Test
  void isAWellFormedDocumentThatEscapesItsWords() throws Exception {
    Document picture = parse(new Plot(run(), "a < b & c", "50 requests"));

    assertThat(picture.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(picture.getElementsByTagName("text").item(0).getTextContent())
        .isEqualTo("a < b & c");
  }

  @Test
  void shadesPanicOncePerStretch() throws Exception {
    Document picture = parse(new Plot(run(), "t", "s"));

    long shaded = 0;
    var rectangles = picture.getElementsByTagName("rect");
    for (int i = 0; i < rectangles.getLength(); i++) {
      var fill = rectangles.item(i).getAttributes().getNamedItem("fill");
      shaded += fill.getNodeValue().equals("#fa4549") ? 1 : 0;
    }
    assertThat(shaded).isEqualTo(1);
  }

  @Test
  void drawsTheHighestValueAtTheTopOfItsAxis() {
    // Fifty requests need an axis to fifty or more; the line must stay inside it.
    assertThat(new Plot(run(), "t", "s").svg()).contains(">50<").contains(">8<");
  }

  @Test
  void refusesToDrawNothing() {
    assertThatThrownBy(() -> new Plot(List.of(), "t", "s"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nothing was sampled");
  }

  private static List<Sample> run() {
    List<Sample> samples = new ArrayList<>();
    for (int second = 0; second < 40; second++) {
      boolean loaded = second < 30;
      samples.add(
          new Sample(
              second,
              loaded ? 50 : 0,
              loaded ? 8 : 0,
              loaded ? 8 : 0,
              Sample.Mode.PROXY,
              second >= 2 && second < 12));
    }
    return samples;
  }

  private static Document parse(Plot plot) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(plot.svg().getBytes(StandardCharsets.UTF_8)));
  }
}
