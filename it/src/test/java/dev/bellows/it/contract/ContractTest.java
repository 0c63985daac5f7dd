package dev.bellows.it.contract;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ArgumentsSource;

/** A class of cases: each runs on every {@link Backend}, in a namespace of the class's own. */
@ParameterizedClass(name = "{0}", autoCloseArguments = false)
@ArgumentsSource(Backends.class)
@ExtendWith(KnownDifferences.class)
abstract class ContractTest {
  @Parameter Backend backend;
  Api api;
  String namespace;

  @BeforeEach
  void enter() {
    api = backend.api();
    namespace = backend.namespaceOf(getClass());
  }

  String unique(String prefix) {
    return backend.unique(prefix);
  }

  /** The path of a core resource in the namespace: {@code configmaps}. */
  String core(String plural) {
    return "/api/v1/namespaces/" + namespace + "/" + plural;
  }

  /** The path of a resource in the namespace: {@code apps/v1}, {@code deployments}. */
  String path(String groupVersion, String plural) {
    return "/apis/" + groupVersion + "/namespaces/" + namespace + "/" + plural;
  }

  String configMaps() {
    return core("configmaps");
  }

  String deployments() {
    return path("apps/v1", "deployments");
  }

  static ObjectNode configMap(String name) {
    return Wire.object(
        "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: '%s'}, data: {a: '1', b: '2'}}",
        name);
  }

  /** Of no replicas, so that nothing follows from it. */
  static ObjectNode deployment(String name) {
    return Wire.object(
        """
        {apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name: '%1$s'}, spec: {
          replicas: 0, selector: {matchLabels: {app: '%1$s'}},
          template: {metadata: {labels: {app: '%1$s'}},
            spec: {containers: [{name: 'one', image: 'dev.local/one'}]}}}}
        """,
        name);
  }

  /** That no scheduler looks at. */
  static ObjectNode pod(String name) {
    return Wire.object(
        """
        {apiVersion: 'v1', kind: 'Pod', metadata: {name: '%s'}, spec: {
          schedulerName: 'nobody', containers: [{name: 'one', image: 'dev.local/one'}]}}
        """,
        name);
  }

  /** Makes a ConfigMap; answers its path. */
  String makeConfigMap(String prefix) {
    String name = unique(prefix);
    api.post(configMaps(), configMap(name)).is(201);
    return configMaps() + "/" + name;
  }

  /** Makes a Deployment; answers its path. */
  String makeDeployment(String prefix) {
    String name = unique(prefix);
    api.post(deployments(), deployment(name)).is(201);
    return deployments() + "/" + name;
  }

  static String nameIn(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
