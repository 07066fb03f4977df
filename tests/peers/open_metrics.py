"""Reads metrics with the parser of Prometheus' own Python client, in OpenMetrics mode.

Question: {"text": page}. Answer: {"broken": why it does not parse, or null; "families": {name: {type, unit, samples}}}.
"""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

question = json.load(sys.stdin)
families, broken = {}, None
try:
    for family in text_string_to_metric_families(question["text"]):
        samples = [[sample.name, sample.labels, sample.value] for sample in family.samples]
        families[family.name] = {"type": family.type, "unit": family.unit, "help": family.documentation, "samples": samples}
except ValueError as error:
    broken = str(error)
json.dump({"broken": broken, "families": families}, sys.stdout)
