"""Sets moto up for a broker: a role, the broker's user whom it trusts, a user whom it does not, and an administrator. Out: the keys of all, as JSON."""

import json
import sys

import boto3

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/prod-admin"
iam = boto3.client("iam")


def policy(action, resource):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


who = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/jit-broker"}
# moto knows no condition of a trust policy; the document is AWS's all the same.
trust = [
    {"Effect": "Allow", "Principal": who, "Action": action}
    for action in ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
]
iam.create_role(
    RoleName="prod-admin",
    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    MaxSessionDuration=43200,
)
iam.put_role_policy(RoleName="prod-admin", PolicyName="list", PolicyDocument=policy("s3:ListAllMyBuckets", "*"))
keys = {}
for user in ("jit-broker", "stranger", "administrator"):
    iam.create_user(UserName=user)
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    iam.put_user_policy(UserName=user, PolicyName="assume", PolicyDocument=policy(actions, ROLE))
    if user == "administrator":
        iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=policy("*", "*"))
    if user == "jit-broker":
        deny = ["iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"]
        iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(deny, ROLE))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    keys[user] = [key["AccessKeyId"], key["SecretAccessKey"]]
boto3.client("s3").create_bucket(
    Bucket="orders", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
)
json.dump(keys, sys.stdout)
