package dev.bellows.embedded.apiserver;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Lets somebody act as somebody else ({@code kubectl --as}), who has the right to {@code
 * impersonate} that user, each of the groups, the uid and each of the extra facts (Kubernetes
 * documentation, "Authenticating", user impersonation).
 */
final class Impersonation {
  private static final String USER = "impersonate-user";
  private static final String GROUP = "impersonate-group";
  private static final String UID = "impersonate-uid";
  private static final String EXTRA = "impersonate-extra-";
  private static final String ACCOUNT = "system:serviceaccount:";

  /** More than anybody belongs to. */
  private static final int MAX_GROUPS = 256;

  private final Rbac rbac;

  Impersonation(Rbac rbac) {
    this.rbac = rbac;
  }

  /**
   * As whom a request is to be answered: who asks, or who its headers name.
   *
   * @throws ApiException 403 if they may not, 500 (as in Kubernetes) if no user is named
   */
  User of(ApiRequest request, User who) {
    String name = request.header(USER);
    List<String> groups = request.headers().getAll(GROUP);
    String uid = request.header(UID);
    Map<String, List<String>> extra = extra(request);
    if (name.isEmpty() && groups.isEmpty() && uid.isEmpty() && extra.isEmpty()) {
      return who;
    }
    if (name.isEmpty()) {
      throw ApiException.internal("groups, uid or extra are impersonated without a user");
    }
    if (groups.size() > MAX_GROUPS) {
      throw ApiException.badRequest("more than " + MAX_GROUPS + " groups");
    }
    User account = account(who, name);
    for (String group : groups) {
      require(who, "", "groups", "", "", group);
    }
    if (!uid.isEmpty()) {
      require(who, "authentication.k8s.io", "uids", "", "", uid);
    }
    extra.forEach((key, values) ->
        values.forEach(
            value -> require(who, "authentication.k8s.io", "userextras", key, "", value)));
    List<String> all = new ArrayList<>(groups.isEmpty() ? account.groups() : groups);
    boolean settled =
        name.equals(User.NOBODY.name())
            || all.contains(User.AUTHENTICATED)
            || all.contains(User.UNAUTHENTICATED);
    if (!settled) {
      all.add(User.AUTHENTICATED);
    }
    if (name.equals(User.NOBODY.name()) && !all.contains(User.UNAUTHENTICATED)) {
      all.add(User.UNAUTHENTICATED);
    }
    return new User(name, all, uid, extra);
  }

  private User account(User who, String name) {
    String[] parts = name.startsWith(ACCOUNT) ? name.split(":", -1) : new String[0];
    if (parts.length == 4) {
      require(who, "", "serviceaccounts", "", parts[2], parts[3]);
      return User.serviceAccount(parts[2], parts[3]);
    }
    require(who, "", "users", "", "", name);
    return new User(name, List.of());
  }

  private static Map<String, List<String>> extra(ApiRequest request) {
    Map<String, List<String>> extra = new LinkedHashMap<>();
    for (String header : request.headers().names()) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith(EXTRA)) {
        extra.put(lower.substring(EXTRA.length()), request.headers().getAll(header));
      }
    }
    return extra;
  }

  private void require(
      User who, String group, String plural, String subresource, String namespace, String name) {
    rbac.require(
        who, new Action.OnObjects("impersonate", group, plural, subresource, namespace, name));
  }
}
