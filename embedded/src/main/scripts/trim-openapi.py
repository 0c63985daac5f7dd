#!/usr/bin/env python3
"""Makes what the API server knows of the built-in kinds: kubernetes-openapi.json.gz with what it must know
all the time, kubernetes-descriptions.json.gz with the texts that it shows to who asks.

Takes from the published OpenAPI v3 documents of Kubernetes the names, types, formats, list and map
kinds, merge keys, required fields and enums; from the published protobuf and Go definitions, for clients
that write protobuf, the number of each field ("x-number"), whether a zero differs from nothing
("x-pointer") and which message is spread over the fields of another ("x-inline").

The texts are those of the same documents (Copyright The Kubernetes Authors, Apache License 2.0; see the
file NOTICE): per definition its own under "", and one per field.

    go mod download k8s.io/kubernetes@v1.34.1 k8s.io/api@v0.34.1 \\
        k8s.io/apimachinery@v0.34.1 k8s.io/apiextensions-apiserver@v0.34.1
    trim-openapi.py "$(go env GOMODCACHE)/k8s.io" v1.34.1 v0.34.1 FOLDER
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
    "api",
    "apis",
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


def descriptions(schema):
    """The texts of a definition: its own, and those of its fields."""
    texts = {"": schema.get("description", "")}
    for name, part in schema.get("properties", {}).items():
        texts[name] = part.get("description", "")
    return {name: text for name, text in texts.items() if text}


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
    """Field numbers: definition name -> {field: (number, type)}."""
    found = {}
    for path in glob.glob(os.path.join(folder, "**", "generated.proto"), recursive=True):
        text = re.sub(r"//[^\n]*", "", open(path, encoding="utf-8").read())
        package = re.search(r"package\s+([\w.]+)\s*;", text).group(1)
        package = package.replace("apiextensions_apiserver", "apiextensions-apiserver")
        for message in re.finditer(r"message\s+(\w+)\s*\{([^{}]*)\}", text):
            found[definition_name(package, message.group(1))] = {
                field.group(2): (int(field.group(3)), field.group(1))
                for field in re.finditer(
                    r"([\w.]+|map<[^>]*>)\s+(\w+)\s*=\s*(\d+)\s*(?:\[[^\]]*\])?\s*;",
                    message.group(2))
            }
    return found


def pointers(folder):
    """Fields whose Go type is a pointer, so that a zero is not the same as nothing."""
    found = {}
    for path in glob.glob(os.path.join(folder, "**", "types*.go"), recursive=True):
        package = os.path.relpath(os.path.dirname(path), folder).replace(os.sep, ".")
        text = open(path, encoding="utf-8").read()
        for struct in re.finditer(r"^type (\w+) struct \{\n(.*?)^\}", text, re.M | re.S):
            fields = re.findall(r"^\s*\w+\s+\*[\w.]+\s+`json:\"([\w$-]+)", struct.group(2), re.M)
            found[(package, struct.group(1))] = set(fields)
    return found


def annotate(name, schema, field_numbers, pointer_fields):
    """Adds "x-number" and "x-pointer" to the fields, and "x-inline" for structs within structs."""
    by_case = {re.sub(r"[^a-z]", "", field.lower()): field for field in schema.get("properties", {})}
    for field, (number, kind) in field_numbers.get(name, {}).items():
        known = by_case.get(re.sub(r"[^a-z]", "", field.lower()))
        if known:
            schema["properties"][known]["x-number"] = number
            continue
        package = name.rsplit(".", 1)[0]
        inner = "io." + kind[1:] if kind.startswith(".") else package + "." + kind
        if inner in field_numbers:
            schema.setdefault("x-inline", {})[str(number)] = {
                part: inner_number for part, (inner_number, _) in field_numbers[inner].items()
                if part in schema.get("properties", {})
            }
            mark(schema, pointer_fields, inner)
    mark(schema, pointer_fields, name)


def mark(schema, pointer_fields, name):
    parts = name.split(".")
    for field in pointer_fields.get((".".join(parts[-3:-1]), parts[-1]), ()):
        if field in schema.get("properties", {}):
            schema["properties"][field]["x-pointer"] = True


def partial():
    """Kinds that no document describes, since no resource is of them."""
    meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
    kind = meta + "PartialObjectMetadata"

    def schema(name, **properties):
        key = {"group": "meta.k8s.io", "kind": name, "version": "v1"}
        return {"type": "object", "properties": properties, "x-kubernetes-group-version-kind": [key]}

    return {
        kind: schema("PartialObjectMetadata", metadata={"$ref": REFERENCE + meta + "ObjectMeta"}),
        kind + "List": schema(
            "PartialObjectMetadataList",
            metadata={"$ref": REFERENCE + meta + "ListMeta"},
            items={"type": "array", "items": {"$ref": REFERENCE + kind}}),
    }


def main(modules, kubernetes, siblings, output):
    schemas = {}
    texts = {}
    for document in DOCUMENTS:
        path = os.path.join(
            modules, "kubernetes@" + kubernetes, "api/openapi-spec/v3", document + "_openapi.json")
        with open(path, encoding="utf-8") as file:
            for name, schema in json.load(file)["components"]["schemas"].items():
                schemas[name] = trim(schema)
                texts[name] = descriptions(schema)
    schemas.update(partial())
    field_numbers = {}
    for module in ("api", "apimachinery", "apiextensions-apiserver"):
        field_numbers.update(numbers(os.path.join(modules, module + "@" + siblings)))
    pointer_fields = {}
    for folder in (
            "api@" + siblings, "apimachinery@" + siblings + "/pkg/apis",
            "apiextensions-apiserver@" + siblings + "/pkg/apis"):
        pointer_fields.update(pointers(os.path.join(modules, folder)))

    wanted = ["io.k8s.api." + root for root in ROOTS]
    wanted += [name + "List" for name in wanted if name + "List" in schemas]
    custom = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"
    meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
    wanted += [custom, custom + "List", meta + "Status", meta + "DeleteOptions", meta + "WatchEvent"]
    wanted += [meta + kind for kind in ("APIVersions", "APIGroupList", "APIGroup", "APIResourceList")]
    wanted += [meta + "PartialObjectMetadata", meta + "PartialObjectMetadataList"]
    kept = {}
    while wanted:
        name = wanted.pop()
        if name in kept:
            continue
        schema = schemas[name]
        kept[name] = schema
        wanted.extend(references(schema))
        annotate(name, schema, field_numbers, pointer_fields)
        # meta kinds list every group that uses them: only ours matter, and the server adds those.
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) > 1:
            schema["x-kubernetes-group-version-kind"] = [k for k in kinds if k["group"] == ""]

    write(output, "kubernetes-openapi", {"kubernetes": kubernetes, "schemas": dict(sorted(kept.items()))})
    write(output, "kubernetes-descriptions", {name: texts[name] for name in sorted(kept) if texts.get(name)})


def write(folder, name, content):
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    path = os.path.join(folder, name + ".json.gz")
    with open(path, "wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as file:
            file.write(text)
    print(f"{name}: {len(text)} bytes, {os.path.getsize(path)} compressed")


if __name__ == "__main__":
    main(*sys.argv[1:])
