"""Calls STS with one boto3 client, once for each line of input; prints the access key that was used, or the error."""

import select
import sys
import time

# libfaketime, which moves this program's clock, breaks Python's own.
time.sleep = lambda seconds: select.select([], [], [], seconds)

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402

session = boto3.Session()
client = session.client("sts", config=Config(retries={"max_attempts": 0}))
for _ in sys.stdin:
    try:
        client.get_caller_identity()
        print("key", session.get_credentials().get_frozen_credentials().access_key, flush=True)
    except Exception as error:  # the judge wants to see whatever it is
        print("error", type(error).__name__, " ".join(str(error).split()), flush=True)
