# Judges documents by a JSON Schema with the library `jsonschema`. Question: {schema, documents: [JSON or {"toml": text}]}.
# Answer: {broken: what is wrong with the schema itself, or null; errors: for each document, its errors}.

import datetime
import json
import sys
import tomllib

from jsonschema import FormatChecker
from jsonschema import exceptions
from jsonschema import validators

question = json.load(sys.stdin)
schema = question["schema"]
judge = validators.validator_for(schema, default=None)
assert judge is not None, f"a schema of no known draft: {schema.get('$schema')}"
try:
    judge.check_schema(schema)
    broken = None
except exceptions.SchemaError as error:
    broken = error.message


def plain(value):
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return value


def errors_of(document):
    if isinstance(document, dict) and set(document) == {"toml"}:
        document = plain(tomllib.loads(document["toml"]))
    found = judge(schema, format_checker=FormatChecker()).iter_errors(document)
    return [f"{error.json_path}: {error.message}"[:300] for error in found]


json.dump({"broken": broken, "errors": [errors_of(one) for one in question["documents"]]}, sys.stdout)
