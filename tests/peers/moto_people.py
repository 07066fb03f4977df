"""Sets moto up: a role, a person whom it trusts, and one who may assume roles but whom it does not trust. Out: the keys of both, as JSON."""

import json
import sys

import boto3

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/prod-admin"
iam = boto3.client("iam")


def policy(action, resource):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# By name: to moto the account's root does not stand for its users, as it does to AWS.
trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ana"}, "Action": "sts:AssumeRole"}
iam.create_role(
    RoleName="prod-admin",
    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
)
iam.put_role_policy(RoleName="prod-admin", PolicyName="list", PolicyDocument=policy("s3:ListAllMyBuckets", "*"))
people = {}
for person in ("ana", "bo"):
    iam.create_user(UserName=person)
    iam.put_user_policy(UserName=person, PolicyName="assume", PolicyDocument=policy("sts:AssumeRole", ROLE))
    people[person] = iam.create_access_key(UserName=person)["AccessKey"]
boto3.client("s3").create_bucket(
    Bucket="orders", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
)
json.dump(
    {name: [key["AccessKeyId"], key["SecretAccessKey"]] for name, key in people.items()},
    sys.stdout,
)
