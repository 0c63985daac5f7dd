package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Entry;
import dev.bellows.embedded.store.Key;
import dev.bellows.embedded.store.ObjectStore;
import java.time.Duration;
import java.util.Optional;

/**
 * A pod runs as a ServiceAccount of its namespace, which must be there, and gets a volume with the
 * account's token, unless it or the account says otherwise. A controller makes the account {@code
 * default} soon after the namespace; a pod that is quicker waits for it a while, as in Kubernetes.
 */
final class ServiceAccountAdmission implements AdmissionStep {
  private static final String MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

  /** What Kubernetes asks for: an hour, and seven seconds by which its own tokens are known. */
  private static final int TOKEN_SECONDS = 3607;

  private static final int MODE = 0644;

  /** How long a pod waits for the account that every namespace is given. */
  private static final int ATTEMPTS = 20;

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final ObjectStore store;

  ServiceAccountAdmission(ObjectStore store) {
    this.store = store;
  }

  @Override
  public void admit(Request request) {
    if (!request.type().equals(ResourceTypes.PODS)
        || request.operation() != Operation.CREATE
        || !request.subresource().isEmpty()) {
      return;
    }
    ObjectMeta meta = ObjectMeta.of(request.object());
    String account = Json.text(request.object(), "spec", "serviceAccountName");
    Key key = new Key(ResourceTypes.SERVICE_ACCOUNTS.resource(), meta.namespace(), account);
    Optional<ObjectNode> found = find(key);
    for (int i = 0; found.isEmpty() && account.equals("default") && i < ATTEMPTS; i++) {
      pause();
      found = find(key);
    }
    if (found.isEmpty()) {
      throw ApiException.forbidden(
          ResourceTypes.PODS,
          meta.name(),
          "error looking up service account "
              + meta.namespace()
              + "/"
              + account
              + ": serviceaccount \""
              + account
              + "\" not found");
    }
    ObjectNode spec = Json.child(request.object(), "spec");
    boolean ofAccount =
        found
            .map(object -> object.path("automountServiceAccountToken").asBoolean(true))
            .orElse(true);
    if (spec.path("automountServiceAccountToken").asBoolean(ofAccount)) {
      mountToken(spec);
    }
  }

  private Optional<ObjectNode> find(Key key) {
    return store.get(key).map(Entry::value).map(Json::read);
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiException.internal("interrupted while waiting for an account");
    }
  }

  private static void mountToken(ObjectNode spec) {
    String volume = Names.generate("kube-api-access-");
    boolean mounted = false;
    for (String kind : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : spec.path(kind)) {
        if (container instanceof ObjectNode object && !hasMount(object)) {
          ArrayNode mounts = object.withArrayProperty("volumeMounts");
          mounts.addObject().put("name", volume).put("readOnly", true).put("mountPath", MOUNT_PATH);
          mounted = true;
        }
      }
    }
    if (!mounted) {
      return;
    }
    ObjectNode definition = spec.withArrayProperty("volumes").addObject().put("name", volume);
    ObjectNode projected = definition.putObject("projected");
    ArrayNode sources = projected.putArray("sources");
    projected.put("defaultMode", MODE);
    sources
        .addObject()
        .putObject("serviceAccountToken")
        .put("expirationSeconds", TOKEN_SECONDS)
        .put("path", "token");
    ObjectNode authority = sources.addObject().putObject("configMap");
    authority.put("name", "kube-root-ca.crt");
    authority.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
    ObjectNode namespace =
        sources.addObject().putObject("downwardAPI").putArray("items").addObject();
    namespace.put("path", "namespace");
    namespace.putObject("fieldRef").put("apiVersion", "v1").put("fieldPath", "metadata.namespace");
  }

  private static boolean hasMount(ObjectNode container) {
    for (JsonNode mount : container.path("volumeMounts")) {
      if (mount.path("mountPath").asText().equals(MOUNT_PATH)) {
        return true;
      }
    }
    return false;
  }
}
