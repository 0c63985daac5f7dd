package dev.bellows.it.contract;

import dev.bellows.it.EmbeddedApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * The API servers that the cases run on, each started once for all of them:
 *
 * <ul>
 *   <li>the embedded one, in this process;
 *   <li>the cluster of the kubeconfig that {@code -Dcontract.kubeconfig=FILE} or the environment
 *       variable {@code CONTRACT_KUBECONFIG} names; else a real control plane, started here, where
 *       {@code it/control-plane/build.sh} has built one.
 * </ul>
 *
 * {@code -Dcontract.backend=embedded} or {@code real} runs the cases on one alone.
 */
final class Backends implements ArgumentsProvider {
  private static final ExtensionContext.Namespace HERE =
      ExtensionContext.Namespace.create(Backends.class);
  private static final String ONLY = System.getProperty("contract.backend", "");

  @Override
  public Stream<? extends Arguments> provideArguments(
      ParameterDeclarations parameters, ExtensionContext context) {
    // The root's store closes what is in it when all tests are over.
    ExtensionContext.Store store = context.getRoot().getStore(HERE);
    List<Backend> backends = new ArrayList<>();
    if (!ONLY.equals("real")) {
      backends.add(store.computeIfAbsent("embedded", name -> embedded(), Backend.class));
    }
    if (!ONLY.equals("embedded")) {
      @SuppressWarnings("unchecked")
      Optional<Backend> real =
          (Optional<Backend>) store.computeIfAbsent("real", name -> findReal());
      real.ifPresent(backends::add);
      real.ifPresent(found -> store.computeIfAbsent("real, to be closed", name -> found));
    }
    return backends.stream().map(Arguments::of);
  }

  private static Backend embedded() {
    try {
      EmbeddedApi server = new EmbeddedApi(Files.createTempDirectory("bellows-contract"));
      return new Backend(Backend.EMBEDDED, Api.of(server.kubeconfig()), server::close);
    } catch (IOException e) {
      throw new UncheckedIOException("starting the embedded API server", e);
    }
  }

  private static Optional<Backend> findReal() {
    String kubeconfig =
        System.getProperty(
            "contract.kubeconfig", System.getenv().getOrDefault("CONTRACT_KUBECONFIG", ""));
    try {
      if (!kubeconfig.isEmpty()) {
        Api api = Api.of(Files.readString(Path.of(kubeconfig)));
        return Optional.of(new Backend("cluster", api, () -> {}));
      }
      Optional<RealControlPlane> started =
          RealControlPlane.startIfBuilt("the contract on a real control plane");
      return started.map(server -> new Backend("real", Api.of(server.kubeconfig()), server::close));
    } catch (IOException e) {
      throw new UncheckedIOException("reaching a real control plane", e);
    }
  }
}
