package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.store.Key;
import dev.bellows.embedded.store.ObjectStore;

/**
 * A pod runs as a ServiceAccount of its namespace, which must be there. The account {@code default}
 * is taken for granted: a controller makes it soon after the namespace.
 */
final class ServiceAccountAdmission implements AdmissionStep {
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
    if (!account.equals("default") && store.get(key).isEmpty()) {
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
  }
}
