"""Uses the credentials in the environment through boto3: who am I, the buckets, and the object of `fill_bucket.py`."""

import json
import sys

import boto3
from botocore.exceptions import ClientError


def attempt(call):
    try:
        return call()
    except ClientError as refusal:
        return refusal.response["Error"]["Code"]


s3 = boto3.client("s3")
json.dump(
    {
        "arn": attempt(lambda: boto3.client("sts").get_caller_identity()["Arn"]),
        "buckets": attempt(lambda: [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]),
        "read": attempt(lambda: s3.get_object(Bucket="orders", Key="a.txt")["Body"].read().decode()),
        "write": attempt(lambda: s3.put_object(Bucket="orders", Key="b.txt", Body=b"")["ETag"]),
    },
    sys.stdout,
)
