"""Reads Terraform's configuration with a parser that is not ours, and answers with its values as JSON.

In: {"hcl": TEXT}. Out: {"resource": {TYPE: {NAME: VALUES}}}. A text is what HCL means by its literal; a template in it is an error. The
argument of jsonencode or yamlencode is read as a value of its own, under the function's name; every other expression stays as
{"expression": TEXT}.
"""

import json
import re
import sys

import hcl2

OPTIONS = hcl2.SerializationOptions(with_comments=False, explicit_blocks=False)
# Escapes of quoted literals (HCL's native syntax, "Template Expressions"), and what would begin a template.
PIECES = re.compile(
    r'\\u(?P<four>[0-9a-fA-F]{4})|\\U(?P<eight>[0-9a-fA-F]{8})|\\(?P<plain>[nrt"\\])|(?P<doubled>\$\$\{|%%\{)|(?P<template>[$%]\{)|(?P<other>.)',
    re.DOTALL,
)


def text_of(literal):
    said = []
    for piece in PIECES.finditer(literal):
        kind = piece.lastgroup
        if kind == "template":
            raise ValueError(f"a template begins in {literal!r}")
        if kind in ("four", "eight"):
            said.append(chr(int(piece[kind], 16)))
        elif kind == "plain":
            said.append({"n": "\n", "r": "\r", "t": "\t"}.get(piece[kind], piece[kind]))
        elif kind == "doubled":
            said.append(piece[kind][1:])
        else:
            if piece[0] in '\\"\n':
                raise ValueError(f"no literal: {literal!r}")
            said.append(piece[0])
    return "".join(said)


def value_of(read):
    if isinstance(read, dict):
        return {name_of(name): value_of(value) for name, value in read.items()}
    if isinstance(read, list):
        return [value_of(value) for value in read]
    if not isinstance(read, str):
        return read
    if read.startswith('"') and read.endswith('"') and len(read) > 1:
        return text_of(read[1:-1])
    expression = read[2:-1] if read.startswith("${") and read.endswith("}") else read
    called = re.fullmatch(r"(jsonencode|yamlencode)\((.*)\)", expression, re.DOTALL)
    if called:
        inner = hcl2.loads(f"value = {called[2]}\n", serialization_options=OPTIONS)["value"]
        return {called[1]: value_of(inner)}
    return {"expression": expression}


def name_of(name):
    return text_of(name[1:-1]) if name.startswith('"') else name


def main():
    read = hcl2.loads(json.load(sys.stdin)["hcl"], serialization_options=OPTIONS)
    kinds = {}
    for block in read.pop("resource", []):
        for kind, named in block.items():
            for name, values in named.items():
                known = kinds.setdefault(name_of(kind), {})
                if name_of(name) in known:
                    raise ValueError(f"{kind} {name} is there twice")
                known[name_of(name)] = value_of(values)
    if read:
        raise ValueError(f"something else than resources: {list(read)}")
    json.dump({"resource": kinds}, sys.stdout)


main()
