package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.cel.Authorizer;

/** What somebody may do, as expressions ask. */
record Rights(Rbac rbac, User user) implements Authorizer {
  @Override
  public boolean allows(String verb, String path) {
    return rbac.allows(user, new Action.OnPath(verb, path));
  }

  @Override
  public boolean allows(String verb, Objects objects) {
    return rbac.allows(
        user,
        new Action.OnObjects(
            verb,
            objects.group(),
            objects.plural(),
            objects.subresource(),
            objects.namespace(),
            objects.name()));
  }

  @Override
  public Authorizer of(String namespace, String serviceAccount) {
    return new Rights(rbac, User.serviceAccount(namespace, serviceAccount));
  }
}
