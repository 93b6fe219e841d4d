"""Validates each line of standard input: prints `valid`, or `rejected` and why. The argument is the schema."""
import json
import sys

import jsonschema

with open(sys.argv[1]) as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in sys.stdin:
    errors = list(validator.iter_errors(json.loads(line)))
    print("valid" if not errors else "rejected: " + " ".join(errors[0].message.split())[:200])
