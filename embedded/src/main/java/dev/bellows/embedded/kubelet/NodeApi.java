package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** All that a kubelet asks of the cluster it belongs to. */
public interface NodeApi {
  /**
   * Tells of every pod of a node: what is there, each change, and each one's end, in order.
   *
   * @param present hears of the state of a pod
   * @param gone hears of the last state of a pod that is no more
   * @return closed to hear no more
   */
  AutoCloseable followPods(String node, Consumer<ObjectNode> present, Consumer<ObjectNode> gone);

  /**
   * Changes the status of a pod, and its annotations.
   *
   * @param pod any state of it; its UID decides, not its version
   * @param change is given the present state and changes it in place; may be called again
   * @return what is stored now; empty if that pod is no more
   */
  Optional<ObjectNode> writeStatus(ObjectNode pod, UnaryOperator<ObjectNode> change);

  /** Lets a pod go whose deletion was asked for and whose containers have ended. */
  void finishDeletion(ObjectNode pod);

  /**
   * A ConfigMap, if it is there.
   *
   * @throws Unavailable if that cannot be told now
   */
  Optional<ObjectNode> configMap(String namespace, String name);

  /**
   * A Secret, if it is there.
   *
   * @throws Unavailable if that cannot be told now
   */
  Optional<ObjectNode> secret(String namespace, String name);

  /** Hears that a ConfigMap or Secret of this name may be new, changed or gone. */
  interface ConfigurationListener {
    void onChange(String namespace, String name);
  }

  /**
   * Tells when a ConfigMap or Secret that pods may have as a volume could have changed.
   *
   * @return closed to hear no more
   */
  AutoCloseable followConfiguration(ConfigurationListener listener);

  /**
   * Answers a {@code TokenRequest} for an account.
   *
   * @return the request with its status
   * @throws RuntimeException if a token is not to be had now; the message says why
   */
  ObjectNode token(String namespace, String account, ObjectNode request);

  /**
   * Records that something happened to a pod.
   *
   * @param container the container it happened to; empty for the pod itself
   * @param warning whether somebody should look
   */
  void event(ObjectNode pod, String container, boolean warning, String reason, String message);

  /** Makes the node known, or renews what is known of it. */
  void register(ObjectNode node);

  /** The cluster could not be asked, or did not answer; worth another try. */
  final class Unavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message one line for the person who looks at the pod
     */
    public Unavailable(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
