package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.probe.Probe;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueueProxyConfigTest {
  private static final Address PROGRAM = new Address("127.0.0.1", 31007);

  private final Map<String, String> environment = new HashMap<>(new Pod(PROGRAM).environment);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CONTAINER_CONCURRENCY | many | must be a whole number from 0, got 'many'",
        "CONTAINER_CONCURRENCY | -1 | must be a whole number from 0, got '-1'",
        "USER_PORT | 0 | must be in 1..65535, got 0",
        "REVISION_TIMEOUT_SECONDS | '' | must be a whole number from 0, got ''",
        "SERVING_REVISION | '' | must not be empty",
        "ENABLE_MULTI_CONTAINER_PROBES | maybe | must be true or false, got 'maybe'"
      })
  void namesTheVariableThatIsWrong(String variable, String value, String complaint) {
    environment.put(variable, value);
    assertThatThrownBy(() -> QueueProxyConfig.fromEnvironment(environment))
        .hasMessage(variable + " " + complaint);
  }

  @ParameterizedTest
  @CsvSource({
    "CONTAINER_CONCURRENCY",
    "QUEUE_SERVING_PORT",
    "QUEUE_SERVING_TLS_PORT",
    "USER_PORT",
    "REVISION_TIMEOUT_SECONDS",
    "SERVING_LOGGING_CONFIG",
    "SERVING_LOGGING_LEVEL",
    "SERVING_NAMESPACE",
    "SERVING_REVISION",
    "SERVING_CONFIGURATION",
    "SERVING_POD",
    "SERVING_POD_IP"
  })
  void namesTheVariableThatIsMissing(String variable) {
    environment.remove(variable);
    assertThatThrownBy(() -> QueueProxyConfig.fromEnvironment(environment))
        .hasMessage(variable + " is required and not set");
  }

  @Test
  void movesProbesOfTheUserPortAlongWithTheProgram() {
    environment.put("ENABLE_MULTI_CONTAINER_PROBES", "true");
    environment.put(
        "SERVING_READINESS_PROBE",
        """
        [{"tcpSocket":{"port":8080,"host":"127.0.0.1"}},
         {"httpGet":{"path":"/","port":9000,"host":"127.0.0.1"}}]\
        """);
    QueueProxyConfig config = QueueProxyConfig.fromEnvironment(environment).forwardingTo(PROGRAM);
    assertThat(config.userTarget()).isEqualTo(PROGRAM);
    assertThat(config.readiness())
        .extracting(readiness -> readiness.probe().address())
        .containsExactly(PROGRAM, new Address("127.0.0.1", 9000));
    assertThat(config.readiness().getFirst().probe()).isInstanceOf(Probe.TcpConnect.class);
  }

  @Test
  void saysWhatIsWrongWithAProbe() {
    environment.put("SERVING_READINESS_PROBE", "{\"exec\":{}}");
    assertThatThrownBy(() -> QueueProxyConfig.fromEnvironment(environment))
        .hasMessage("SERVING_READINESS_PROBE: a probe must have httpGet, tcpSocket or grpc");
    environment.put("SERVING_READINESS_PROBE", "{");
    assertThatThrownBy(() -> QueueProxyConfig.fromEnvironment(environment))
        .hasMessageStartingWith("SERVING_READINESS_PROBE is not JSON: ");
  }
}
