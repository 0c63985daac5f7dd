#!/usr/bin/env python3
"""Makes kubernetes-openapi.json.gz: what the API server must know of the built-in kinds.

Takes from the published OpenAPI v3 documents of Kubernetes the names, types, formats, list and map
kinds, merge keys, required fields and enums, and from the published protobuf definitions the number of
each field (property "x-number", for clients that write protobuf). Descriptions are left out.

    go mod download k8s.io/kubernetes@v1.34.1 k8s.io/api@v0.34.1 \\
        k8s.io/apimachinery@v0.34.1 k8s.io/apiextensions-apiserver@v0.34.1
    trim-openapi.py "$(go env GOMODCACHE)/k8s.io" v1.34.1 v0.34.1 OUTPUT
"""

import glob
import gzip
import json
import os
import re
import sys

DOCUMENTS = [
    "api__v1",
    "apis__admissionregistration.k8s.io__v1",
    "apis__apiextensions.k8s.io__v1",
    "apis__apps__v1",
    "apis__authentication.k8s.io__v1",
    "apis__authorization.k8s.io__v1",
    "apis__autoscaling__v1",
    "apis__autoscaling__v2",
    "apis__coordination.k8s.io__v1",
    "apis__discovery.k8s.io__v1",
    "apis__networking.k8s.io__v1",
    "apis__policy__v1",
    "apis__rbac.authorization.k8s.io__v1",
]

# Kinds that are served, and what is exchanged beside them; their lists and parts follow by reference.
ROOTS = """
    core.v1.Namespace core.v1.Node core.v1.Pod core.v1.Service core.v1.Endpoints core.v1.ConfigMap
    core.v1.Secret core.v1.ServiceAccount core.v1.Event core.v1.PersistentVolumeClaim
    core.v1.ResourceQuota core.v1.LimitRange core.v1.Binding apps.v1.Deployment apps.v1.ReplicaSet
    discovery.v1.EndpointSlice coordination.v1.Lease autoscaling.v2.HorizontalPodAutoscaler
    autoscaling.v1.HorizontalPodAutoscaler autoscaling.v1.Scale policy.v1.PodDisruptionBudget
    policy.v1.Eviction networking.v1.NetworkPolicy rbac.v1.Role rbac.v1.RoleBinding rbac.v1.ClusterRole
    rbac.v1.ClusterRoleBinding admissionregistration.v1.MutatingWebhookConfiguration
    admissionregistration.v1.ValidatingWebhookConfiguration authentication.v1.TokenRequest
    authentication.v1.SelfSubjectReview authorization.v1.SelfSubjectAccessReview
    authorization.v1.SelfSubjectRulesReview authorization.v1.SubjectAccessReview
""".split()

KEPT = {
    "type", "format", "properties", "required", "items", "additionalProperties", "$ref", "enum",
    "minimum", "maximum", "pattern", "minLength", "maxLength", "oneOf", "anyOf", "nullable",
}
KEPT_EXTENSIONS = {
    "x-kubernetes-group-version-kind", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-map-keys", "x-kubernetes-patch-strategy",
    "x-kubernetes-list-type", "x-kubernetes-patch-merge-key", "x-kubernetes-map-type",
}
REFERENCE = "#/components/schemas/"


def trim(schema):
    """Keeps the facts; folds {"allOf": [{"$ref": x}], "default": {}} into {"$ref": x}."""
    if "allOf" in schema and len(schema["allOf"]) == 1:
        schema = {**schema["allOf"][0], **{k: v for k, v in schema.items() if k != "allOf"}}
    kept = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: trim(part) for name, part in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            kept[key] = trim(value)
        elif key in KEPT or key in KEPT_EXTENSIONS:
            kept[key] = value
        elif key == "default" and value not in ({}, "", 0, False):
            kept[key] = value
    return kept


def references(schema):
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                yield value[len(REFERENCE):]
            else:
                yield from references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from references(value)


def definition_name(package, message):
    """k8s.io.api.core.v1 -> io.k8s.api.core.v1.Pod, as the OpenAPI documents call it."""
    return "io.k8s." + package[len("k8s.io."):] + "." + message


def numbers(folder):
    """Field numbers: definition name -> {field: number}."""
    found = {}
    for path in glob.glob(os.path.join(folder, "**", "generated.proto"), recursive=True):
        text = re.sub(r"//[^\n]*", "", open(path, encoding="utf-8").read())
        package = re.search(r"package\s+([\w.]+)\s*;", text).group(1)
        package = package.replace("apiextensions_apiserver", "apiextensions-apiserver")
        for message in re.finditer(r"message\s+(\w+)\s*\{([^{}]*)\}", text):
            fields = {
                field.group(1): int(field.group(2))
                for field in re.finditer(r"(\w+)\s*=\s*(\d+)\s*(?:\[[^\]]*\])?\s*;", message.group(2))
            }
            found[definition_name(package, message.group(1))] = fields
    return found


def main(modules, kubernetes, siblings, output):
    schemas = {}
    for document in DOCUMENTS:
        path = os.path.join(
            modules, "kubernetes@" + kubernetes, "api/openapi-spec/v3", document + "_openapi.json")
        with open(path, encoding="utf-8") as file:
            for name, schema in json.load(file)["components"]["schemas"].items():
                schemas[name] = trim(schema)
    field_numbers = {}
    for module in ("api", "apimachinery", "apiextensions-apiserver"):
        field_numbers.update(numbers(os.path.join(modules, module + "@" + siblings)))

    wanted = ["io.k8s.api." + root for root in ROOTS]
    wanted += [name + "List" for name in wanted if name + "List" in schemas]
    custom = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"
    meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
    wanted += [custom, custom + "List", meta + "Status", meta + "DeleteOptions", meta + "WatchEvent"]
    kept = {}
    while wanted:
        name = wanted.pop()
        if name in kept:
            continue
        schema = schemas[name]
        kept[name] = schema
        wanted.extend(references(schema))
        for field, number in field_numbers.get(name, {}).items():
            part = schema.get("properties", {}).get(field)
            if part is not None:
                part["x-number"] = number
        # meta kinds list every group that uses them: only ours matter, and the server adds those.
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) > 1:
            schema["x-kubernetes-group-version-kind"] = [k for k in kinds if k["group"] == ""]

    text = json.dumps(
        {"kubernetes": kubernetes, "schemas": dict(sorted(kept.items()))}, separators=(",", ":"))
    with open(output, "wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as file:
            file.write(text.encode("utf-8"))
    print(f"{len(kept)} schemas, {len(text)} bytes, {os.path.getsize(output)} compressed")


if __name__ == "__main__":
    main(*sys.argv[1:])
