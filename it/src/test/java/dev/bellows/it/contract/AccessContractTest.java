package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;

/** Questions about rights. */
class AccessContractTest extends ContractTest {
  private static final String AUTHORIZATION = "/apis/authorization.k8s.io/v1/";

  @Test
  void whoHasEveryRightMayDoAnything() {
    Reply review =
        api.post(
                AUTHORIZATION + "selfsubjectaccessreviews",
                Wire.object(
                    "{apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview',"
                        + " spec: {resourceAttributes: {namespace: '%s', verb: 'create', resource:"
                        + " 'pods'}}}",
                    namespace))
            .is(201);
    assertThat(review.text("/kind")).isEqualTo("SelfSubjectAccessReview");
    assertThat(review.at("/status/allowed").asBoolean()).isTrue();
    assertThat(review.text("/spec/resourceAttributes/verb")).isEqualTo("create");
  }

  @Test
  void pathsCanBeAskedAboutToo() {
    Reply review =
        api.post(
                AUTHORIZATION + "selfsubjectaccessreviews",
                Wire.object("{spec: {nonResourceAttributes: {path: '/healthz', verb: 'get'}}}"))
            .is(201);
    assertThat(review.at("/status/allowed").asBoolean()).isTrue();
  }

  @Test
  void aQuestionMustAskSomething() {
    api.post(AUTHORIZATION + "selfsubjectaccessreviews", Wire.object("{spec: {}}"))
        .refusesSaying(
            422,
            "Invalid",
            "exactly one of nonResourceAttributes or resourceAttributes must be specified");
  }

  @Test
  void rulesAreListed() {
    Reply review =
        api.post(
                AUTHORIZATION + "selfsubjectrulesreviews",
                Wire.object("{spec: {namespace: '%s'}}", namespace))
            .is(201);
    assertThat(review.at("/status/resourceRules").toString())
        .contains("{\"verbs\":[\"*\"],\"apiGroups\":[\"*\"],\"resources\":[\"*\"]}");
    assertThat(review.at("/status/incomplete").asBoolean()).isFalse();
  }

  @Test
  void anotherUserHasNoRightsUnlessTheyAreGiven() {
    Reply review =
        api.post(
                AUTHORIZATION + "subjectaccessreviews",
                Wire.object(
                    "{spec: {user: 'nobody', resourceAttributes: {namespace: '%s', verb: 'get',"
                        + " resource: 'secrets'}}}",
                    namespace))
            .is(201);
    assertThat(review.at("/status/allowed").asBoolean()).isFalse();
  }

  @Test
  void aRoleGivesRightsInItsNamespace() {
    String name = unique("reader");
    String rbac = "rbac.authorization.k8s.io/v1";
    api.post(
            path(rbac, "roles"),
            Wire.object(
                "{metadata: {name: '%s'}, rules: [{apiGroups: [''], resources: ['secrets'],"
                    + " verbs: ['get', 'list']}]}",
                name))
        .is(201);
    api.post(
            path(rbac, "rolebindings"),
            Wire.object(
                "{metadata: {name: '%1$s'}, roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind:"
                    + " 'Role', name: '%1$s'}, subjects: [{kind: 'User', apiGroup:"
                    + " 'rbac.authorization.k8s.io', name: '%1$s'}]}",
                name))
        .is(201);
    assertThat(mayDo(name, namespace, "get")).isTrue();
    assertThat(mayDo(name, namespace, "delete")).isFalse();
    assertThat(mayDo(name, "default", "get")).isFalse();
  }

  @Test
  void aClusterRoleGivesRightsEverywhere() {
    String name = unique("reader");
    String rbac = "/apis/rbac.authorization.k8s.io/v1/";
    api.post(
            rbac + "clusterroles",
            Wire.object(
                "{metadata: {name: '%s'}, rules: [{apiGroups: ['*'], resources: ['*'],"
                    + " verbs: ['*']}]}",
                name))
        .is(201);
    backend.deleteAtEnd(rbac + "clusterroles/" + name);
    api.post(
            rbac + "clusterrolebindings",
            Wire.object(
                "{metadata: {name: '%1$s'}, roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind:"
                    + " 'ClusterRole', name: '%1$s'}, subjects: [{kind: 'User', apiGroup:"
                    + " 'rbac.authorization.k8s.io', name: '%1$s'}]}",
                name))
        .is(201);
    backend.deleteAtEnd(rbac + "clusterrolebindings/" + name);
    assertThat(mayDo(name, namespace, "delete")).isTrue();
    assertThat(mayDo(name, "default", "get")).isTrue();
  }

  /** Asks until the answer is yes or a moment has passed: rights travel by watches. */
  private boolean mayDo(String user, String where, String verb) {
    boolean allowed = false;
    for (int attempt = 0; attempt < 50 && !allowed; attempt++) {
      allowed =
          api.post(
                  AUTHORIZATION + "subjectaccessreviews",
                  Wire.object(
                      "{spec: {user: '%s', resourceAttributes: {namespace: '%s', verb: '%s',"
                          + " resource: 'secrets'}}}",
                      user, where, verb))
              .is(201)
              .at("/status/allowed")
              .asBoolean();
    }
    return allowed;
  }

  @Test
  void whoMaySeeOneObjectMayListAndWatchItByItsName() {
    String name = unique("one");
    String rbac = "rbac.authorization.k8s.io/v1";
    api.post(core("serviceaccounts"), Wire.object("{metadata: {name: '%s'}}", name)).is(201);
    api.post(
            path(rbac, "roles"),
            Wire.object(
                "{metadata: {name: '%1$s'}, rules: [{apiGroups: [''], resources: ['configmaps'],"
                    + " resourceNames: ['%1$s'], verbs: ['list', 'watch']}]}",
                name))
        .is(201);
    api.post(
            path(rbac, "rolebindings"),
            Wire.object(
                "{metadata: {name: '%1$s'}, roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind:"
                    + " 'Role', name: '%1$s'}, subjects: [{kind: 'ServiceAccount', name: '%1$s',"
                    + " namespace: '%2$s'}]}",
                name, namespace))
        .is(201);
    String token =
        api.post(core("serviceaccounts/" + name + "/token"), Wire.object("{spec: {}}"))
            .is(201)
            .text("/status/token");
    Api account = api.as(token);
    String byName = configMaps() + "?fieldSelector=metadata.name%3D";
    await().until(() -> account.get(byName + name).code() == 200); // rights travel by watches
    account.get(byName + "another").is(403);
    account.get(configMaps()).is(403);
  }

  @Test
  void oneCanAskWhoOneIs() {
    Reply review =
        api.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", Wire.object("{}")).is(201);
    assertThat(review.text("/status/userInfo/username")).isNotEmpty();
    assertThat(review.at("/status/userInfo/groups").toString()).contains("system:masters");
  }

  @Test
  void theAnswerToAQuestionIsNotKept() {
    assertThat(api.get(AUTHORIZATION + "selfsubjectaccessreviews").code()).isEqualTo(405);
  }

  @Test
  void aTokenCanBeAskedAbout() {
    Reply review =
        api.post(
                "/apis/authentication.k8s.io/v1/tokenreviews",
                Wire.object("{spec: {token: 'nobody'}}"))
            .is(201);
    assertThat(review.at("/status/authenticated").asBoolean()).isFalse();
  }
}
