"""Validates manifests against the JSON Schema, as an editor does: check-schema.py SCHEMA FILE..."""

import json
import re
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2's core types (https://yaml.org/spec/1.2.2/#103-core-schema) and `<<`, instead of PyYAML's 1.1."""

    yaml_implicit_resolvers = {}


for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
]:
    Loader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(r"^(?:" + pattern + r")$"), first)


def integer(loader, node):
    text = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


Loader.add_constructor("tag:yaml.org,2002:int", integer)

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
    error = next(validator.iter_errors(yaml.load(open(path), Loader)), None)
    print(path, "valid" if error is None else "rejected: " + error.message[:200].replace("\n", " "), sep="\t")
