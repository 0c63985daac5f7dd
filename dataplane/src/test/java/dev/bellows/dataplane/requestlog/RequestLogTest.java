package dev.bellows.dataplane.requestlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestLogTest {
  /** The worked examples of data-plane spec §8.6. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, b3,"
            + " 4bf92f3577b34da6a3ce929d0e0e4736",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, -,"
            + " 4bf92f3577b34da6a3ce929d0e0e4736",
        "-, b3, b3",
        "invalid, -, ''",
        "00, -, ''",
        "-, -, ''"
      })
  void theTraceIsNamedByWhoeverNamesIt(String parent, String b3, String id) {
    HttpHeaders headers = new DefaultHttpHeaders();
    if (parent != null) {
      headers.set("traceparent", parent);
    }
    if (b3 != null) {
      headers.set("x-b3-traceid", b3);
    }
    assertThat(RequestLog.traceId(headers)).isEqualTo(id);
  }
}
