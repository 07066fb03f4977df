"""Holds the bodies of calls on standard input against Google's discovery documents in the folder that is named: `{"api": …, "schema": …, "body": …}` a line.

Prints the members of each body, and `BAD` with the reason where one is not in the schema, or has another type.
"""

import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def check(value, schema, document, place):
    if "$ref" in schema:
        schema = document["schemas"][schema["$ref"]]
    kind = schema["type"]
    kinds = {"string": str, "array": list, "object": dict, "boolean": bool, "integer": int}
    if not isinstance(value, kinds[kind]):
        raise ValueError(f"{place} is no {kind}")
    if kind == "array":
        for item in value:
            check(item, schema["items"], document, place)
    if kind == "object":
        for name, member in value.items():
            if name not in schema["properties"]:
                raise ValueError(f"{place}.{name} is unknown")
            check(member, schema["properties"][name], document, f"{place}.{name}")
    if schema.get("format") == "google-duration" and not value.endswith("s"):
        raise ValueError(f"{place} is no duration")


for line in sys.stdin:
    call = json.loads(line)
    document = json.loads((folder / f"{call['api']}.json").read_text())
    # STS takes the JSON names in snake case, where the body is a form.
    body = {camel(name): value for name, value in call["body"].items()}
    try:
        check(body, {"$ref": call["schema"]}, document, call["schema"])
        required = [
            name
            for name, member in document["schemas"][call["schema"]]["properties"].items()
            if member.get("description", "").startswith("Required.") and name not in body
        ]
        if required:
            raise ValueError(f"{required} are missing")
        print(call["schema"], *sorted(body))
    except ValueError as error:
        print("BAD", error)
