"""Calls STS twice a second for so many seconds with one client; prints the key of each change and the first error."""
import sys
import time

import boto3
from botocore.config import Config

url, seconds, profile = sys.argv[1], float(sys.argv[2]), (sys.argv[3:] or [None])[0]
client = boto3.Session(profile_name=profile).client(
    "sts", endpoint_url=url, config=Config(retries={"max_attempts": 0})
)
last, end = None, time.time() + seconds
while time.time() < end:
    try:
        key = client.get_caller_identity()["Arn"]
    except Exception as error:  # the judge wants to see whatever it is
        if "still expired" in str(error):  # they ended between the answer and its use
            continue
        print("ERROR", type(error).__name__, error, flush=True)
        break
    if key != last:
        print(key, flush=True)
        last = key
    time.sleep(0.5)
