"""Reads a broker's database as anybody could: SQLite's own checks, the chain of the log, and what the events say.

Question: {"database": path}. Answer: {"faults": [...], "events": [...]}.
"""

import hashlib
import json
import sqlite3
import sys

question = json.load(sys.stdin)
database = sqlite3.connect(f"file:{question['database']}?mode=ro", uri=True)
faults = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
events = []
before, expected = bytes(32), 1
for sequence, previous, body, digest in database.execute(
    "SELECT sequence, previous, body, hash FROM events ORDER BY sequence"
):
    if sequence != expected or previous != before:
        faults.append(f"event {sequence} does not follow the one before")
    if hashlib.sha256(b"jit.event.v1\0" + previous + body).digest() != digest:
        faults.append(f"event {sequence} has another hash than its body")
    before, expected = digest, sequence + 1
    event = json.loads(body)
    event["change"] = event["subject"].get("change", {}).get("change")
    event["body"] = body.decode()
    events.append(event)
json.dump({"faults": faults, "events": events}, sys.stdout)
