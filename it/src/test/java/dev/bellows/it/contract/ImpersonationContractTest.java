package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;

/** Acting as somebody else, and giving rights that one does not have. */
class ImpersonationContractTest extends ContractTest {
  private static final String WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  private static final String RBAC = "rbac.authorization.k8s.io/v1";

  private Api.Request whoAmI(Api asking) {
    return asking.request("POST", WHO).body(Wire.object("{}"));
  }

  @Test
  void whoeverMayActsAsSomebodyElse() {
    Reply review =
        whoAmI(api)
            .header("Impersonate-User", "joe")
            .header("Impersonate-Group", "a")
            .header("Impersonate-Group", "b")
            .send()
            .is(201);
    assertThat(review.text("/status/userInfo/username")).isEqualTo("joe");
    assertThat(review.at("/status/userInfo/groups"))
        .isEqualTo(Wire.value("['a', 'b', 'system:authenticated']"));
  }

  @Test
  void aUidAndOtherFactsComeAlong() {
    Reply review =
        whoAmI(api)
            .header("Impersonate-User", "joe")
            .header("Impersonate-Uid", "5")
            .header("Impersonate-Extra-Scopes", "a")
            .send()
            .is(201);
    assertThat(review.at("/status/userInfo"))
        .isEqualTo(
            Wire.value(
                "{username: 'joe', uid: '5', groups: ['system:authenticated'], extra: {scopes:"
                    + " ['a']}}"));
  }

  @Test
  void anAccountBelongsToItsGroups() {
    Reply review =
        whoAmI(api).header("Impersonate-User", "system:serviceaccount:a:b").send().is(201);
    assertThat(review.at("/status/userInfo/groups"))
        .isEqualTo(
            Wire.value(
                "['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated']"));
  }

  @Test
  void whoeverIsImpersonatedHasNoMoreRightsThanThey() {
    api.request("GET", core("pods"))
        .header("Impersonate-User", "joe")
        .send()
        .refuses(
            403,
            "Forbidden",
            "pods is forbidden: User \"joe\" cannot list resource \"pods\" in API group \"\" in"
                + " the namespace \""
                + namespace
                + "\"");
  }

  @Test
  void groupsWithoutAUserAreNobody() {
    assertThat(api.request("GET", core("pods")).header("Impersonate-Group", "a").send().code())
        .isEqualTo(500);
  }

  @Test
  void anAccountMayNotActAsAnybody() {
    Api account = account(unique("jane"));
    account
        .request("GET", core("pods"))
        .header("Impersonate-User", "joe")
        .send()
        .refusesSaying(403, "Forbidden", "cannot impersonate resource \"users\" in API group \"\"");
    account
        .request("GET", core("pods"))
        .header("Impersonate-User", "system:serviceaccount:kube-system:other")
        .send()
        .refusesSaying(
            403,
            "Forbidden",
            "cannot impersonate resource \"serviceaccounts\" in API group \"\" in the namespace"
                + " \"kube-system\"");
  }

  @Test
  void anAccountMayActAsWhomItHasTheRightFor() {
    String name = unique("jane");
    Api account = account(name);
    give(name, "{apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate']}");
    String other = "system:serviceaccount:" + namespace + ":default";
    await().until(() -> whoAmI(account).header("Impersonate-User", other).send().code() == 201);
    whoAmI(account)
        .header("Impersonate-User", other)
        .header("Impersonate-Group", "system:masters")
        .send()
        .refusesSaying(403, "Forbidden", "cannot impersonate resource \"groups\"");
  }

  @Test
  void nobodyWritesARoleWithRightsThatTheyDoNotHave() {
    String name = unique("jane");
    Api account = account(name);
    give(
        name,
        "{apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs:"
            + " ['create', 'patch']}");
    String role = unique("role");
    await()
        .untilAsserted(() ->
            account
                .post(
                    path(RBAC, "roles"),
                    Wire.object(
                        "{metadata: {name: '%s'}, rules: [{apiGroups: [''], resources: ['secrets',"
                            + " 'pods'], verbs: ['get']}]}",
                        role))
                .refuses(
                    403,
                    "Forbidden",
                    "roles.rbac.authorization.k8s.io \"%s\" is forbidden: user \"%s\" (groups=[%s])"
                            .formatted(
                                role,
                                "system:serviceaccount:" + namespace + ":" + name,
                                "\"system:serviceaccounts\" \"system:serviceaccounts:"
                                    + namespace
                                    + "\" \"system:authenticated\"")
                        + " is attempting to grant RBAC permissions not currently held:\n"
                        + "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]}\n"
                        + "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}"));
    account
        .post(
            path(RBAC, "rolebindings"),
            Wire.object(
                "{metadata: {name: '%s'}, roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind:"
                    + " 'ClusterRole', name: 'cluster-admin'}}",
                role))
        .refusesSaying(
            403,
            "Forbidden",
            "{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}\n"
                + "{NonResourceURLs:[\"*\"], Verbs:[\"*\"]}");
    // What one has one may give.
    account
        .post(
            path(RBAC, "roles"),
            Wire.object(
                "{metadata: {name: '%s'}, rules: [{apiGroups: ['rbac.authorization.k8s.io'],"
                    + " resources: ['roles'], verbs: ['create']}]}",
                role))
        .is(201);
    account
        .patch(
            Api.MERGE_PATCH,
            path(RBAC, "roles") + "/" + role,
            "{rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]}")
        .refusesSaying(403, "Forbidden", "not currently held");
  }

  @Test
  void whoSaysNothingOfThemselvesIsAnonymous() {
    Api nobody = api.as("");
    nobody
        .get(core("pods"))
        .refusesSaying(403, "Forbidden", "User \"system:anonymous\" cannot list resource");
    nobody
        .get("/apis")
        .refuses(
            403, "Forbidden", "forbidden: User \"system:anonymous\" cannot get path \"/apis\"");
    nobody.get("/version").is(200);
    api.as("no token of anybody").get(core("pods")).refuses(401, "Unauthorized", "Unauthorized");
  }

  @Test
  void aClusterRoleCollectsTheRulesOfLabelledOnes() {
    String label = unique("label");
    String roles = "/apis/" + RBAC + "/clusterroles";
    String whole = unique("whole");
    String part = unique("part");
    backend.deleteAtEnd(roles + "/" + whole);
    api.post(
            roles,
            Wire.object(
                "{metadata: {name: '%s'}, aggregationRule: {clusterRoleSelectors: [{matchLabels:"
                    + " {collect: '%s'}}]}}",
                whole, label))
        .is(201);
    api.post(
            roles,
            Wire.object(
                "{metadata: {name: '%s', labels: {collect: '%s'}}, rules: [{apiGroups: [''],"
                    + " resources: ['pods'], verbs: ['get']}]}",
                part, label))
        .is(201);
    await()
        .until(() ->
            api.get(roles + "/" + whole)
                .at("/rules")
                .equals(Wire.value("[{apiGroups: [''], resources: ['pods'], verbs: ['get']}]")));
    api.delete(roles + "/" + part).is(200);
    await().until(() -> api.get(roles + "/" + whole).at("/rules").isEmpty());
  }

  @Test
  void theRolesOfEveryClusterAreCollectedToo() {
    String roles = "/apis/" + RBAC + "/clusterroles/";
    for (String name : new String[] {"admin", "edit", "view"}) {
      await()
          .untilAsserted(() -> {
            Reply role = api.get(roles + name).is(200);
            assertThat(role.at("/aggregationRule/clusterRoleSelectors/0/matchLabels")).hasSize(1);
            assertThat(role.at("/rules").toString())
                .contains("deployments")
                .contains("horizontalpodautoscalers")
                .contains("networkpolicies");
          });
    }
    assertThat(api.get(roles + "edit").text("/rules")).doesNotContain("rolebindings");
  }

  private Api account(String name) {
    api.post(core("serviceaccounts"), Wire.object("{metadata: {name: '%s'}}", name)).is(201);
    return api.as(
        api.post(core("serviceaccounts/" + name + "/token"), Wire.object("{spec: {}}"))
            .is(201)
            .text("/status/token"));
  }

  /** Gives an account a right in the namespace. */
  private void give(String account, String rule) {
    api.post(
            path(RBAC, "roles"),
            Wire.object("{metadata: {name: '%s'}, rules: [%s]}", account, rule))
        .is(201);
    api.post(
            path(RBAC, "rolebindings"),
            Wire.object(
                "{metadata: {name: '%1$s'}, roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind:"
                    + " 'Role', name: '%1$s'}, subjects: [{kind: 'ServiceAccount', name: '%1$s',"
                    + " namespace: '%2$s'}]}",
                account, namespace))
        .is(201);
  }
}
